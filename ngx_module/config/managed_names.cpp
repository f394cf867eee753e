// SPDX-License-Identifier: BSD-2-Clause
// Which names of a server its certificates are for.
#include "ngx_module/config/managed_names.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "acme_core/engine/builtin_issuers.h"
#include "acme_core/engine/challenge_choice.h"
#include "acme_core/engine/public_names.h"
#include "ngx_module/config/name_faults.h"
#include "ngx_module/config/report.h"

namespace ngx_acme {
namespace {

using acme::Identifier;

// "a", "b" (why), "c" (why else): each reason once, in the order of its first
// name.
std::string grouped_by_reason(const std::vector<NameList::Remark>& names) {
  std::string text;
  std::set<std::string_view> told;
  for (const auto& [first, reason] : names) {
    if (!told.insert(reason).second) {
      continue;
    }
    for (const auto& [name, why] : names) {
      if (why == reason) {
        text.append(text.empty() ? "\"" : ", \"").append(name).append("\"");
      }
    }
    text.append(" (").append(reason).append(")");
  }
  return text;
}

// Those of several remarks on one line.
void log_left_out(ngx_conf_t* cf, ngx_uint_t level,
                  const std::vector<NameList::Remark>& names,
                  const SourceLine& where) {
  if (names.empty()) {
    return;
  }
  main_conf(cf).report.leave_out(names.size());
  remark(cf, level, where, "no certificate for " + grouped_by_reason(names));
}

// `.example.com` without the wildcard that nginx takes it for.
void log_partly_covered(ngx_conf_t* cf, const std::vector<std::string>& names,
                        const SourceLine& where) {
  for (const std::string& name : names) {
    const std::string apex = name.substr(1);
    remark(cf, NGX_LOG_NOTICE, where,
           "\"" + name + "\" has a certificate for " + apex + " and www." +
               apex +
               ": other subdomains are not covered, unless \"acme_dns\" says "
               "who publishes the records of *." +
               apex);
  }
}

// Not by dns-persist-01 unless it was asked for: nobody has made its record.
bool proves_wildcard(const acme::IssuerSpec& issuer,
                     const CertificateOptions& options,
                     const Identifier& wildcard) {
  acme::CertificateSpec certificate;
  certificate.challenges = options.challenges;
  if (certificate.is_authorized_at(issuer)) {
    return true;
  }
  return certificate.challenges_at(issuer).empty()
             ? acme::find_dns_provider(issuer.dns, wildcard.value) != nullptr
             : !acme::challenge_candidates(issuer, certificate, wildcard, {})
                    .empty();
}

// Fills in the names from server_name, for acme_certificate. False when the
// configuration is refused.
bool take_all_names(ngx_conf_t* cf, const ngx_http_core_srv_conf_t& server,
                    const SourceLine& where, const WildcardTest& is_provable,
                    const IgnoredTest& why_ignored, NameList& names) {
  ServerNames found = names_of(server, is_provable, why_ignored);
  log_left_out(cf, NGX_LOG_NOTICE, found.ignored, source_of(server));
  if (!found.malformed.empty()) {
    refuse(cf, where,
           "invalid server name \"" + found.malformed.front() +
               "\" for \"acme_certificate\": " +
               why_no_host_name(found.malformed.front()) +
               "; or list the names in acme_certificate");
    return false;
  }
  log_partly_covered(cf, found.partly_covered, source_of(server));
  names = std::move(found.names);
  return true;
}

// Fills in those names of server_name that can be managed, for acme.
NameList manageable_names(ngx_conf_t* cf,
                          const ngx_http_core_srv_conf_t& server,
                          bool public_ca, const WildcardTest& is_provable,
                          const IgnoredTest& why_ignored, ServerConf& own) {
  const ServerNames found = names_of(server, is_provable, why_ignored);
  NameList names;
  std::vector<NameList::Remark> natural;
  std::vector<NameList::Remark> unserved;
  for (const NameList::Remark& each : found.names.remarks()) {
    (each.first.starts_with('~') ? natural : unserved).push_back(each);
  }
  natural.insert(natural.end(), found.ignored.begin(), found.ignored.end());
  for (const std::string& name : found.malformed) {
    unserved.emplace_back(name, why_no_host_name(name));
  }
  for (const Identifier& identifier : found.names.unique()) {
    auto [reason, why] = why_skip(identifier, public_ca, is_provable);
    if (reason == SkipReason::kNone) {
      static_cast<void>(names.add(identifier.value));
    } else {
      (reason == SkipReason::kNatural ? natural : unserved)
          .emplace_back(identifier.value, std::move(why));
    }
  }
  for (const Identifier& implied : found.names.implied()) {
    names.imply(implied);
  }
  own.is_told = names.unique().empty() && !found.ignored.empty();
  log_left_out(cf, NGX_LOG_NOTICE, natural, source_of(server));
  log_left_out(cf, NGX_LOG_WARN, unserved, source_of(server));
  log_partly_covered(cf, found.partly_covered, source_of(server));
  return names;
}

}  // namespace

bool find_names(ngx_conf_t* cf, const MainConf& main,
                const IgnoredNames& ignored, ManagedServer& managed,
                ServerConf& own) {
  const ngx_http_core_srv_conf_t& server = *managed.server;
  const bool public_ca =
      acme::is_public_ca(main.issuers[managed.issuers.front()]->spec);
  const WildcardTest is_provable = [&](const Identifier& wildcard) {
    return std::any_of(managed.issuers.begin(), managed.issuers.end(),
                       [&](std::size_t issuer) {
                         return proves_wildcard(main.issuers[issuer]->spec,
                                                managed.options, wildcard);
                       });
  };
  const IgnoredTest why_ignored = [&](std::string_view name) {
    return ignored.why_ignored(server, name);
  };
  if (!managed.is_explicit) {
    managed.names =
        manageable_names(cf, server, public_ca, is_provable, why_ignored, own);
    managed.names.drop_covered(is_provable);
    return true;
  }
  managed.names = own.certificate->names;
  if (!own.certificate->has_names &&
      !take_all_names(cf, server, managed.where, is_provable, why_ignored,
                      managed.names)) {
    return false;
  }
  managed.names.drop_covered(is_provable);
  if (public_ca) {
    managed.names.leave_out(why_no_public_ca);
  }
  log_left_out(cf, NGX_LOG_WARN, managed.names.remarks(), managed.where);
  if (managed.names.unique().empty()) {
    refuse(cf, managed.where,
           "no identifiers for \"acme_certificate\": add names to it, or a "
           "server_name to the server");
    return false;
  }
  return true;
}

}  // namespace ngx_acme
