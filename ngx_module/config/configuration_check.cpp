// SPDX-License-Identifier: BSD-2-Clause
// What an operator is told before any CA is asked.
#include "ngx_module/config/configuration_check.h"

#include <algorithm>
#include <string>
#include <vector>

#include "acme_core/engine/builtin_issuers.h"
#include "acme_core/engine/public_names.h"
#include "ngx_module/config/certificate_report.h"
#include "ngx_module/config/first_challenge.h"
#include "ngx_module/config/issuers.h"
#include "ngx_module/config/listeners.h"
#include "ngx_module/config/report.h"
#include "ngx_module/config/state_path_check.h"
#include "ngx_module/shared/certificate_zone_size.h"

namespace ngx_acme {
namespace {

using acme::CertificateSpec;
using acme::ChallengeType;
using acme::Identifier;

class ConfigurationChecker {
 public:
  ConfigurationChecker(ngx_conf_t* cf, const MainConf& main)
      : cf_(cf), main_(main), addresses_(cf) {}

  void run() const {
    for (const CertificateGroup& group : main_.discovery.groups()) {
      if (ngx_test_config) {
        describe_certificate(cf_, main_, addresses_, group);
      }
      check_names(group);
    }
    check_listeners(ChallengeType::kHttp01);
    check_listeners(ChallengeType::kTlsAlpn01);
    check_state_paths();
    check_zone();
  }

 private:
  using Group = CertificateGroup;

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

  [[nodiscard]] bool begins_with(const CertificateSpec& spec,
                                 ChallengeType challenge) const {
    return std::any_of(spec.identifiers.begin(), spec.identifiers.end(),
                       [&](const Identifier& identifier) {
                         return first_challenge(main_.plan, spec, identifier) ==
                                challenge;
                       });
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
      if (!has_way(main_.plan, spec, identifier)) {
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

  void check_listeners(ChallengeType challenge) const {
    const bool is_http = challenge == ChallengeType::kHttp01;
    const std::string port = ChallengeAddresses::port(challenge);
    const std::vector<std::string>& addresses = addresses_.of(challenge);
    if (listening(addresses, port) == acme::Listening::kOnUsualPort) {
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
             ChallengeAddresses::text(
                 addresses, ", unless port " + port + " is forwarded to "));
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
      if (issuer->state_path == nullptr || issuer->staging_of != nullptr) {
        continue;
      }
      const std::string fault = state_path_fault(issuer->spec.state_path,
                                                 configured_worker_user(cf_));
      if (!fault.empty()) {
        warn(place_of(main_, *issuer),
             "the state path \"" + issuer->spec.state_path + "\" of issuer \"" +
                 issuer->spec.name + "\" " + fault);
      }
    }
  }

  void check_zone() const {
    const std::size_t minimum = minimum_zone_size(main_.plan);
    if (main_.zone_size == 0 || main_.zone_size >= minimum) {
      return;
    }
    warn(*main_.zone_where,
         "zone \"" + main_.zone_name + "\" is too small: " +
             std::to_string(main_.plan.certificates.size()) +
             " certificates need " + std::to_string((minimum + 1023) / 1024) +
             "k, and it is made as large as it has to be; leave the directive "
             "out to have it sized by itself");
  }

  ngx_conf_t* cf_;
  const MainConf& main_;
  const ChallengeAddresses addresses_;
};

}  // namespace

void check_configuration(ngx_conf_t* cf, const MainConf& main) {
  ConfigurationChecker(cf, main).run();
}

}  // namespace ngx_acme
