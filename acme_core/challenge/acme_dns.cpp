// SPDX-License-Identifier: BSD-2-Clause
// DNS records published by an acme-dns server.
#include "acme_core/challenge/acme_dns.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "acme_core/ascii.h"
#include "acme_core/challenge/dns01.h"
#include "acme_core/challenge/dns_api.h"
#include "acme_core/error.h"
#include "acme_core/json_text.h"
#include "acme_core/storage/json_members.h"

namespace acme {
namespace {

using nlohmann::json;

std::string without_last(std::string text, char last) {
  while (text.ends_with(last)) {
    text.pop_back();
  }
  return text;
}

// Names are compared without case, with or without the dot at their end.
std::string canonical(const std::string& name) {
  return lowered(without_last(name, '.'));
}

// The record that a person has to create.
std::string alias_record(const std::string& domain,
                         const AcmeDnsAccount& account) {
  return dns01_record_name(domain) + " CNAME " +
         without_last(account.full_domain, '.') + ".";
}

void require_alias(const DnsRecord& record, const AcmeDnsAccount& account) {
  if (canonical(record.fqdn) == canonical(account.full_domain)) {
    return;
  }
  const bool is_no_alias =
      canonical(record.fqdn) == canonical("_acme-challenge." + record.domain);
  throw Error(ErrorKind::kConfiguration,
              "create this DNS record, once and for all: " +
                  alias_record(record.domain, account) + " (" +
                  (is_no_alias ? "no alias is seen there"
                               : "it is an alias of " + record.fqdn) +
                  ")");
}

SecretBytes to_secret(std::string_view text) {
  return {text.begin(), text.end()};
}

}  // namespace

AcmeDnsProvider::AcmeDnsProvider(AcmeDnsSpec spec, HttpClient& http,
                                 Store& accounts, EventLog log)
    : server_url_(without_last(std::move(spec.url), '/')),
      http_(http),
      accounts_(accounts),
      log_(std::move(log)) {}

void AcmeDnsProvider::present(const DnsRecord& record, std::stop_token stop) {
  const AcmeDnsAccount account = account_of(record.domain, stop);
  require_alias(record, account);
  std::vector<HttpField> fields;
  fields.push_back({"X-Api-User", to_secret(account.username)});
  fields.push_back({"X-Api-Key", account.password});
  const json update{{"subdomain", account.subdomain}, {"txt", record.value}};
  static_cast<void>(post_json(http_, url_below(server_url_, "update"),
                              to_text(update), std::move(fields),
                              "acme-dns: the update of " + account.full_domain +
                                  " for \"" + record.domain + "\"",
                              std::move(stop)));
}

void AcmeDnsProvider::cleanup(const DnsRecord&, std::stop_token) {}

AcmeDnsAccount AcmeDnsProvider::account_of(const std::string& domain,
                                           std::stop_token stop) {
  const std::lock_guard lock(enrolling_);
  Loaded<AcmeDnsAccount> loaded =
      accounts_.load_acme_dns_account(domain, server_url_);
  if (!loaded.problem.empty()) {
    log_.error(loaded.problem +
               "; domains are registered anew, and their aliases change");
  }
  if (loaded.value) {
    return std::move(*loaded.value);
  }
  AcmeDnsAccount account = enroll(domain, std::move(stop));
  accounts_.save_acme_dns_account(domain, account);
  log_.notice("\"" + domain + "\" is registered at " + server_url_ +
              "; it needs this DNS record: " + alias_record(domain, account));
  return account;
}

AcmeDnsAccount AcmeDnsProvider::enroll(const std::string& domain,
                                       std::stop_token stop) {
  const std::string purpose =
      "acme-dns: the registration of \"" + domain + "\"";
  std::string body = post_json(http_, url_below(server_url_, "register"), "{}",
                               {}, purpose, std::move(stop));
  const json answer = parse_json(body);
  wipe(body.data(), body.size());
  AcmeDnsAccount account;
  if (answer.is_object()) {
    std::string password = text_of(answer, "password");
    account = {server_url_, text_of(answer, "username"), to_secret(password),
               text_of(answer, "fulldomain"), text_of(answer, "subdomain")};
    wipe(password.data(), password.size());
  }
  if (!is_well_formed(account)) {
    throw Error(ErrorKind::kOurs,
                purpose + " failed: " + server_url_ +
                    " answers something else than an account");
  }
  return account;
}

}  // namespace acme
