// SPDX-License-Identifier: BSD-2-Clause
// What an operator is told before any CA is asked.
#include "ngx_module/conf_check.h"

#include <unistd.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "acme_core/challenge/dns01.h"
#include "acme_core/challenge/dns_persist01.h"
#include "acme_core/engine/builtin_issuers.h"
#include "acme_core/engine/challenge_choice.h"
#include "acme_core/engine/public_names.h"
#include "acme_core/env/file_system.h"
#include "acme_core/env/trusted_path.h"
#include "acme_core/storage/file_store.h"
#include "ngx_module/found_by_cas.h"
#include "ngx_module/listeners.h"
#include "ngx_module/ngx_types.h"
#include "ngx_module/source_line.h"
#include "ngx_module/state_path_check.h"

namespace ngx_acme {
namespace {

using acme::CertificateSpec;
using acme::ChallengeType;
using acme::Identifier;

// "a, b and 3 more".
template <typename Range, typename Text>
std::string listed(const Range& range, Text text) {
  constexpr std::size_t kMost = 10;
  std::string list;
  std::size_t count = 0;
  for (const auto& element : range) {
    if (count++ < kMost) {
      list.append(list.empty() ? "" : ", ").append(text(element));
    }
  }
  if (count > kMost) {
    list += " and " + std::to_string(count - kMost) + " more";
  }
  return list;
}

std::string answered_at(const std::vector<std::string>& addresses,
                        const std::string& before) {
  return addresses.empty()
             ? std::string()
             : before + listed(addresses,
                               [](const std::string& text) { return text; });
}

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

class Checker {
 public:
  Checker(ngx_conf_t* cf, MainConf& main)
      : cf_(cf),
        main_(main),
        http_addresses_(http_addresses(cf)),
        tls_addresses_(tls_addresses(cf)) {}

  void run() {
    for (const Discovery::Group& group : main_.discovery.groups()) {
      if (ngx_test_config) {
        describe(group);
        describe_persist_records(first_of(group), group.where);
        describe_delegations(first_of(group), group.where);
      }
      check_names(group);
    }
    check_listeners(ChallengeType::kHttp01);
    check_listeners(ChallengeType::kTlsAlpn01);
    check_state_paths();
    check_zone();
  }

 private:
  using Group = Discovery::Group;

  void warn(const SourceLine& where, const std::string& message) const {
    remark(cf_, NGX_LOG_WARN, where, message);
  }

  [[nodiscard]] const CertificateSpec& first_of(const Group& group) const {
    return main_.plan.certificates[group.certificates.front()];
  }
  [[nodiscard]] const acme::IssuerSpec& issuer_of(
      const CertificateSpec& spec) const {
    return main_.plan.issuers[spec.issuer()];
  }

  // What each name begins with; nullopt: nothing can prove it.
  [[nodiscard]] std::optional<ChallengeType> challenge_of(
      const CertificateSpec& spec, const Identifier& identifier) const {
    const auto candidates = acme::challenge_candidates(
        issuer_of(spec), spec, identifier, main_.plan.listeners);
    return candidates.empty() ? std::nullopt
                              : std::optional(candidates.front());
  }
  [[nodiscard]] bool begins_with(const CertificateSpec& spec,
                                 ChallengeType challenge) const {
    return std::any_of(spec.identifiers.begin(), spec.identifiers.end(),
                       [&](const Identifier& identifier) {
                         return challenge_of(spec, identifier) == challenge;
                       });
  }
  [[nodiscard]] const std::vector<std::string>& addresses_for(
      ChallengeType challenge) const {
    return challenge == ChallengeType::kHttp01 ? http_addresses_
                                               : tls_addresses_;
  }

  // "http-01 answered at ADDRESS", or, when names differ, "http-01 answered at
  // ADDRESS for NAME; dns-01 for NAME".
  [[nodiscard]] std::string challenges_of(const CertificateSpec& spec) const {
    if (spec.is_authorized_at(issuer_of(spec))) {
      return "none";
    }
    std::map<ChallengeType, std::vector<std::string>> names;
    for (const Identifier& identifier : spec.identifiers) {
      if (has_way(spec, identifier)) {
        names[*challenge_of(spec, identifier)].push_back(identifier.value);
      }
    }
    std::string text;
    for (const auto& [challenge, list] : names) {
      text.append(text.empty() ? "" : "; ").append(to_string(challenge));
      if (!is_dns(challenge)) {
        text += answered_at(
            found_by_cas(addresses_for(challenge),
                         challenge == ChallengeType::kHttp01 ? "80" : "443"),
            " answered at ");
      }
      if (names.size() > 1) {
        text += " for " +
                listed(list, [](const std::string& name) { return name; });
      }
    }
    return text.empty() ? "none" : text;
  }

  void describe(const Group& group) const {
    const CertificateSpec& spec = first_of(group);
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
               listed(spec.identifiers, value_of) + "; issuer " +
               listed(spec.issuers, issuer_name) + "; key " +
               listed(group.certificates, key_type) +
               (group.why_keys.empty() ? "" : " (" + group.why_keys + ")") +
               "; challenge " + challenges_of(spec));
  }

  // The names that begin with the challenge; a name and its wildcard have one
  // record.
  [[nodiscard]] std::vector<const Identifier*> with_a_record_of_their_own(
      const CertificateSpec& spec, ChallengeType challenge) const {
    std::vector<const Identifier*> found;
    for (const Identifier& identifier : spec.identifiers) {
      if (challenge_of(spec, identifier) == challenge &&
          has_way(spec, identifier) &&
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

  // Names that server_name brings have been looked at before: these were
  // written out.
  void check_names(const Group& group) const {
    if (!group.is_explicit) {
      return;
    }
    const CertificateSpec& spec = first_of(group);
    const acme::IssuerSpec& issuer = issuer_of(spec);
    const bool public_ca = acme::is_public_ca(issuer);
    for (const Identifier& identifier : spec.identifiers) {
      const auto why = acme::why_no_public_ca_signs(identifier);
      if (!has_way(spec, identifier)) {
        warn(group.where,
             identifier.is_wildcard()
                 ? "the wildcard \"" + identifier.value +
                       "\" needs a DNS challenge: say who publishes its "
                       "records by \"acme_dns\", or list the names themselves"
                 : "none of the configured challenges can prove \"" +
                       identifier.value +
                       "\": name another one by \"challenge\"");
      } else if (public_ca && why) {
        warn(group.where, "\"" + identifier.value + "\" " + *why +
                              ": no public CA signs it, leave it out or use a "
                              "CA of your own");
      }
    }
    const std::size_t most = acme::most_identifiers(issuer);
    if (public_ca && spec.identifiers.size() > most) {
      warn(group.where,
           "certificate \"" + spec.name() + "\" has " +
               std::to_string(spec.identifiers.size()) +
               " names, and issuer \"" + issuer.name + "\" takes " +
               std::to_string(most) +
               ": spread them over several servers, or use \"acme\", which "
               "does it by itself");
    }
  }

  // A record that nobody was told to make is no way.
  [[nodiscard]] bool has_way(const CertificateSpec& spec,
                             const Identifier& identifier) const {
    if (spec.is_authorized_at(issuer_of(spec))) {
      return true;
    }
    const auto challenge = challenge_of(spec, identifier);
    return challenge && (*challenge != ChallengeType::kDnsPersist01 ||
                         !spec.challenges_at(issuer_of(spec)).empty());
  }

  // CAs look at port 80 for http-01 (RFC 8555 section 8.3), and at port 443 for
  // tls-alpn-01 (RFC 8737 section 3).
  void check_listeners(ChallengeType challenge) const {
    const bool is_http = challenge == ChallengeType::kHttp01;
    const std::string port = is_http ? "80" : "443";
    const std::vector<std::string>& addresses = addresses_for(challenge);
    if (reach(addresses, port) == acme::Reach::kUsualPort) {
      return;
    }
    const std::vector<const Group*> concerned = groups_that_use(challenge);
    if (concerned.empty()) {
      return;
    }
    const std::size_t others = concerned.size() - 1;
    warn(concerned.front()->where,
         "no server listens on port " + port +
             (is_http ? "" : " with \"ssl\"") + ", where CAs look for the " +
             std::string(to_string(challenge)) + " challenge of \"" +
             first_of(*concerned.front()).name() + "\"" +
             (others == 0 ? std::string()
                          : " and of " + std::to_string(others) + " more") +
             ": add \"listen " + port + (is_http ? "" : " ssl") +
             ";\" to a server" +
             answered_at(addresses,
                         ", unless port " + port + " is forwarded to "));
  }

  // But for those who turned the look at our own listeners off: they have the
  // port elsewhere.
  [[nodiscard]] std::vector<const Group*> groups_that_use(
      ChallengeType challenge) const {
    std::vector<const Group*> groups;
    for (const Group& group : main_.discovery.groups()) {
      const CertificateSpec& spec = first_of(group);
      if (begins_with(spec, challenge) && issuer_of(spec).self_check) {
        groups.push_back(&group);
      }
    }
    return groups;
  }

  void check_state_paths() const {
    for (const auto& issuer : main_.issuers) {
      if (issuer->state_path == nullptr || !may_be_managed(*issuer) ||
          issuer->stands_in_for != nullptr) {
        continue;
      }
      const std::string fault = state_path_fault(issuer->spec.state_path,
                                                 configured_worker_user(cf_));
      if (!fault.empty()) {
        warn(place_of(*issuer), "the state path \"" + issuer->spec.state_path +
                                    "\" of issuer \"" + issuer->spec.name +
                                    "\" " + fault);
      }
    }
  }

  // nginx makes its paths the worker user's, wherever a link leads. One that
  // this user may have put there is no path of nginx's.
  [[nodiscard]] bool may_be_managed(IssuerConf& issuer) const {
    const std::string link = geteuid() == 0
                                 ? acme::untrusted_link(issuer.spec.state_path)
                                 : std::string();
    if (link.empty()) {
      return true;
    }
    issuer.state_path = nullptr;
    remark(cf_, NGX_LOG_ERR, place_of(issuer),
           "the state path \"" + issuer.spec.state_path + "\" of issuer \"" +
               issuer.spec.name + "\" is not used as root: \"" + link +
               "\" is a symbolic link that somebody else than root may have "
               "made; remove it, or make it and its folder root's");
    return false;
  }

  // A built-in issuer stands nowhere: its first certificate does.
  [[nodiscard]] SourceLine place_of(const IssuerConf& issuer) const {
    if (!issuer.state_path_where.file.empty()) {
      return issuer.state_path_where;
    }
    return issuer.where.file.empty() ? main_.discovery.groups().front().where
                                     : issuer.where;
  }

  void check_zone() {
    const std::size_t minimum = SharedZone::minimum_size(main_.plan);
    if (main_.zone_size == 0 || main_.zone_size >= minimum) {
      return;
    }
    warn(*main_.zone_where,
         "zone \"" + main_.zone_name + "\" is too small: " +
             std::to_string(main_.plan.certificates.size()) +
             " certificates need " + std::to_string((minimum + 1023) / 1024) +
             "k, and it is made as large as it has to be; leave the directive "
             "out to have it sized by itself");
    main_.zone_size = 0;
  }

  ngx_conf_t* cf_;
  MainConf& main_;
  const std::vector<std::string> http_addresses_;
  const std::vector<std::string> tls_addresses_;
};

}  // namespace

void check_configuration(ngx_conf_t* cf, MainConf& main) {
  Checker(cf, main).run();
}

}  // namespace ngx_acme
