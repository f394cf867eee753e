// SPDX-License-Identifier: BSD-2-Clause
// What `nginx -t` says of each certificate before any CA is asked.
#include "ngx_module/config/certificate_report.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "acme_core/challenge/dns01.h"
#include "acme_core/challenge/dns_persist01.h"
#include "acme_core/engine/challenge_choice.h"
#include "acme_core/env/file_system.h"
#include "acme_core/listed.h"
#include "acme_core/storage/file_store.h"
#include "ngx_module/config/found_by_cas.h"
#include "ngx_module/config/report.h"

namespace ngx_acme {
namespace {

using acme::CertificateSpec;
using acme::ChallengeType;
using acme::Identifier;

// What the records of dns-persist-01 say, as the state directory has it.
struct PersistAccount {
  std::string url;
  acme::AccountRecord record;

  [[nodiscard]] bool is_known() const {
    return !url.empty() && !record.issuer_domain_names.empty();
  }
};

PersistAccount persist_account_of(const acme::IssuerSpec& issuer) {
  if (issuer.state_path.empty()) {
    return {};
  }
  try {
    acme::PosixFileSystem files(issuer.state_path);
    acme::FileStore store(files, acme::FileStore::Access::kReadOnly);
    const acme::AccountRecord record = store.load_account_record();
    if (!record.directory_url.empty() &&
        record.directory_url != issuer.directory_url) {
      return {};  // another CA's, which is about to be put aside
    }
    return {store.load_account_url().value_or(""), record};
  } catch (const acme::Error&) {
    return {};  // whoever checks may not be allowed to read it
  }
}

acme::ChallengeTask task_for(const Identifier& identifier,
                             const PersistAccount& account) {
  constexpr std::string_view kWildcard = "*.";
  acme::ChallengeTask task;
  task.identifier = identifier;
  task.wildcard = identifier.is_wildcard();
  if (task.wildcard) {
    task.identifier.value.erase(0, kWildcard.size());
  }
  task.account_url = account.url;
  task.issuer_domain_names = account.record.issuer_domain_names;
  task.account_hash_prefix = account.record.account_hash_prefix;
  task.account_thumbprint = account.record.key_thumbprint;
  return task;
}

// Whose record is good for the name itself, too.
bool has_wildcard_too(const CertificateSpec& spec, const std::string& name) {
  return std::any_of(spec.identifiers.begin(), spec.identifiers.end(),
                     [&](const Identifier& identifier) {
                       return identifier.value == "*." + name;
                     });
}

class CertificateReport {
 public:
  CertificateReport(ngx_conf_t* cf, const MainConf& main,
                    const ChallengeAddresses& addresses)
      : cf_(cf), main_(main), addresses_(addresses) {}

  void describe(const CertificateGroup& group) const {
    const CertificateSpec& spec =
        main_.plan.certificates[group.certificates.front()];
    describe(spec, group);
    describe_persist_records(spec, group.where);
    describe_delegations(spec, group.where);
  }

 private:
  [[nodiscard]] const acme::IssuerSpec& issuer_of(
      const CertificateSpec& spec) const {
    return main_.plan.issuers[spec.issuer()];
  }

  // "http-01 answered at ADDRESS", or, when names differ, "http-01 answered at
  // ADDRESS for NAME; dns-01 for NAME".
  [[nodiscard]] std::string challenges_of(const CertificateSpec& spec) const {
    if (spec.is_authorized_at(issuer_of(spec))) {
      return "none";
    }
    std::map<ChallengeType, std::vector<std::string>> names;
    for (const Identifier& identifier : spec.identifiers) {
      if (has_way(main_.plan, spec, identifier)) {
        names[*first_challenge(main_.plan, spec, identifier)].push_back(
            identifier.value);
      }
    }
    std::string text;
    for (const auto& [challenge, list] : names) {
      text.append(text.empty() ? "" : "; ").append(to_string(challenge));
      if (!is_dns(challenge)) {
        text += ChallengeAddresses::text(
            found_by_cas(addresses_.of(challenge),
                         ChallengeAddresses::port(challenge)),
            " answered at ");
      }
      if (names.size() > 1) {
        text += " for " + acme::listed(list);
      }
    }
    return text.empty() ? "none" : text;
  }

  void describe(const CertificateSpec& spec,
                const CertificateGroup& group) const {
    const auto value_of = [](const Identifier& identifier) {
      return identifier.value;
    };
    const auto issuer_name = [this](std::size_t issuer) {
      return "\"" + main_.plan.issuers[issuer].name + "\"";
    };
    const auto key_type = [this](std::size_t certificate) {
      return std::string(
          acme::to_string(main_.plan.certificates[certificate].key_type));
    };
    remark(cf_, NGX_LOG_NOTICE, group.where,
           "certificate \"" + spec.name() + "\" for " +
               acme::listed(spec.identifiers, value_of) + "; issuer " +
               acme::listed(spec.issuers, issuer_name) + "; key " +
               acme::listed(group.certificates, key_type) +
               (group.why_keys.empty() ? "" : " (" + group.why_keys + ")") +
               "; challenge " + challenges_of(spec));
  }

  // The names that begin with the challenge; a name and its wildcard have one
  // record.
  [[nodiscard]] std::vector<const Identifier*> with_a_record_of_their_own(
      const CertificateSpec& spec, ChallengeType challenge) const {
    std::vector<const Identifier*> found;
    for (const Identifier& identifier : spec.identifiers) {
      if (first_challenge(main_.plan, spec, identifier) == challenge &&
          has_way(main_.plan, spec, identifier) &&
          !has_wildcard_too(spec, identifier.value)) {
        found.push_back(&identifier);
      }
    }
    return found;
  }

  void describe_record(const CertificateSpec& spec, const SourceLine& where,
                       const std::string& record) const {
    remark(
        cf_, NGX_LOG_NOTICE, where,
        "certificate \"" + spec.name() + "\" needs the DNS record " + record);
  }

  // Records of dns-persist-01 are a person's to make, once. What they say is
  // known when the CA has been asked before.
  void describe_persist_records(const CertificateSpec& spec,
                                const SourceLine& where) const {
    std::optional<PersistAccount> account;
    for (const Identifier* identifier :
         with_a_record_of_their_own(spec, ChallengeType::kDnsPersist01)) {
      if (!account) {
        account = persist_account_of(issuer_of(spec));
      }
      const acme::ChallengeTask task = task_for(*identifier, *account);
      describe_record(
          spec, where,
          "TXT \"" + acme::persist_record_name(task) + "\"" +
              (account->is_known()
                   ? " with the value \"" + acme::persist_record_value(task) +
                         "\""
                   : "; its value is logged, and printed here, once issuer \"" +
                         issuer_of(spec).name + "\" has been asked"));
    }
  }

  // So are those that lead the CA to our own name server.
  void describe_delegations(const CertificateSpec& spec,
                            const SourceLine& where) const {
    for (const Identifier* identifier :
         with_a_record_of_their_own(spec, ChallengeType::kDns01)) {
      const std::string domain = task_for(*identifier, {}).identifier.value;
      const acme::DnsProviderSpec* provider =
          acme::find_dns_provider(issuer_of(spec).dns, domain);
      if (provider != nullptr &&
          std::holds_alternative<acme::ListenSpec>(provider->how)) {
        describe_record(spec, where,
                        delegation_of(acme::dns01_record_name(domain)));
      }
    }
  }

  [[nodiscard]] std::string delegation_of(const std::string& name) const {
    if (!main_.dns_alias_zones.empty()) {
      return "CNAME \"" + name + "\", whose value is a name in the zone \"" +
             main_.dns_alias_zones.front() + ".\"";
    }
    return "NS \"" + name + "\", whose value is " +
           (main_.dns_server_name.empty()
                ? "a name of this server"
                : "\"" + main_.dns_server_name + ".\"");
  }

  ngx_conf_t* cf_;
  const MainConf& main_;
  const ChallengeAddresses& addresses_;
};

}  // namespace

void describe_certificate(ngx_conf_t* cf, const MainConf& main,
                          const ChallengeAddresses& addresses,
                          const CertificateGroup& group) {
  CertificateReport(cf, main, addresses).describe(group);
}

}  // namespace ngx_acme
