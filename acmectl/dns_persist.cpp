// SPDX-License-Identifier: BSD-2-Clause
// "acmectl dns-persist NAME": the DNS records that let the account prove the
// names of a certificate for good (draft-ietf-acme-dns-persist).
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "acme_core/challenge/dns_persist01.h"
#include "acme_core/env/file_system.h"
#include "acme_core/env/log.h"
#include "acme_core/identifier.h"
#include "acme_core/internationalized_name.h"
#include "acme_core/storage/file_store.h"
#include "acmectl/commands.h"
#include "acmectl/dns_record_text.h"
#include "acmectl/exit_codes.h"
#include "acmectl/refusal.h"
#include "acmectl/status_reader.h"

namespace acmectl {
namespace {

struct PersistOptions {
  std::string name;
  std::string issuer;
};

const acme::IssuerStatus& find_issuer(const acme::IssuersAnswer& answer,
                                      const std::string& name) {
  const auto found =
      std::find_if(answer.issuers.begin(), answer.issuers.end(),
                   [&](const auto& each) { return each.name == name; });
  if (found == answer.issuers.end()) {
    throw Refusal(kNotFound, "there is no issuer \"" + name + "\"");
  }
  return *found;
}

// What the CA has said of itself and of the account is in the state directory.
acme::ChallengeTask account_of(const acme::IssuerStatus& issuer) {
  if (issuer.state_path.empty()) {
    throw Refusal(kFailed, "issuer \"" + issuer.name +
                               "\" has no state directory (state_path off)");
  }
  acme::PosixFileSystem files(issuer.state_path);
  acme::FileStore store(files, acme::FileStore::Access::kReadOnly);
  const acme::AccountRecord record = store.load_account_record();
  acme::ChallengeTask task{};
  task.account_url = store.load_account_url().value_or("");
  task.issuer_domain_names = record.issuer_domain_names;
  task.account_hash_prefix = record.account_hash_prefix;
  task.account_thumbprint = record.key_thumbprint;
  if (task.account_url.empty()) {
    throw Refusal(kFailed, "there is no account at issuer \"" + issuer.name +
                               "\" yet, or " + issuer.state_path +
                               " cannot be read by this user");
  }
  if (task.issuer_domain_names.empty()) {
    throw Refusal(kFailed,
                  "issuer \"" + issuer.name +
                      "\" has not said yet what it calls itself in such a "
                      "record: it does with the first order whose challenge "
                      "is dns-persist-01");
  }
  return task;
}

std::vector<acme::Identifier> parse_names(
    const std::vector<std::string>& names) {
  std::vector<acme::Identifier> identifiers;
  for (const std::string& name : names) {
    const auto identifier =
        acme::parse_identifier(acme::to_ascii(name).value_or(name));
    if (!identifier) {
      throw Refusal(kUsage,
                    "\"" + acme::printable(name, 300) + "\" is no domain");
    }
    // Addresses have no DNS record, and are proved otherwise.
    if (identifier->type == acme::Identifier::Type::kDns) {
      identifiers.push_back(*identifier);
    }
  }
  return identifiers;
}

std::vector<std::string> records(acme::ChallengeTask task,
                                 const std::vector<acme::Identifier>& names) {
  constexpr std::string_view kWildcard = "*.";
  std::vector<std::string> lines;
  for (const acme::Identifier& name : names) {
    task.wildcard = name.is_wildcard();
    task.identifier = name;
    if (task.wildcard) {
      task.identifier.value.erase(0, kWildcard.size());
    }
    // The wildcard's record is good for the domain itself.
    const acme::Identifier above{name.type,
                                 std::string(kWildcard) + name.value};
    if (std::find(names.begin(), names.end(), above) == names.end()) {
      lines.push_back(
          txt_record(persist_record_name(task), persist_record_value(task)));
    }
  }
  return lines;
}

int print_records(const Context& context, const PersistOptions& options) {
  const auto door = open_door(context, /*is_to_steer=*/false, {});
  std::vector<std::string> names{options.name};
  std::string issuer = options.issuer;
  if (issuer.empty()) {
    const acme::CertificateStatus status =
        read_certificate(*door, options.name);
    names = status.names;
    issuer = status.issuers.empty() ? status.issuer : status.issuers.front();
  }
  const acme::IssuersAnswer issuers = read_issuers(*door);
  for (const std::string& line :
       records(account_of(find_issuer(issuers, issuer)), parse_names(names))) {
    context.screen.out << line << '\n';
  }
  return kOk;
}

}  // namespace

void add_dns_persist(CLI::App& app, Context& context) {
  const auto options = std::make_shared<PersistOptions>();
  CLI::App* command = app.add_subcommand(
      "dns-persist", "Prints the DNS records for the dns-persist-01 challenge");
  command->group(kFiles);
  command->footer(
      "Example: acmectl dns-persist www.example.com\n"
      "         acmectl dns-persist '*.new.example' --issuer letsencrypt");
  command
      ->add_option("NAME", options->name,
                   "A certificate's first name or id, or with --issuer any "
                   "domain")
      ->required();
  command
      ->add_option("--issuer", options->issuer,
                   "For a domain that has no certificate yet")
      ->type_name("NAME");
  command->callback([options, &context] {
    context.action = [options, &context] {
      return print_records(context, *options);
    };
  });
}

}  // namespace acmectl
