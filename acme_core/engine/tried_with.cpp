// SPDX-License-Identifier: BSD-2-Clause
// What a failed try was made with.
#include "acme_core/engine/tried_with.h"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "acme_core/crypto/digest.h"
#include "acme_core/hexadecimal.h"

namespace acme {
namespace {

class Description {
 public:
  void add(std::string_view text) { text_.append(text).append(1, '\n'); }
  void add_switch(bool flag) { add(flag ? "on" : "off"); }
  void add(Listening reach) { add(std::to_string(static_cast<int>(reach))); }
  void add(const std::vector<ChallengeType>& types) {
    for (const ChallengeType type : types) {
      add(to_string(type));
    }
    add(";");
  }
  void add(const DnsProviderSpec& provider) {
    add(provider.zone);
    add(std::to_string(provider.how.index()));
    std::visit([this](const auto& how) { add_provider(how); }, provider.how);
  }
  void add(const IssuerSpec& issuer) {
    add(issuer.name);
    add(issuer.directory_url);
    add(issuer.profile);
    add(issuer.external_account ? issuer.external_account->kid : "");
    add(issuer.challenges);
    add_switch(issuer.preauthorized);
    add_switch(issuer.self_check);
    add_switch(issuer.stateless);
    for (const DnsProviderSpec& provider : issuer.dns) {
      add(provider);
    }
    for (const NameAttribute& attribute : issuer.csr_subject) {
      add(attribute.type + "=" + attribute.value);
    }
  }

  [[nodiscard]] std::string digest() const {
    constexpr std::size_t kBytes = 8;
    const auto hash = sha256(text_);
    return to_hex(std::span(hash).first(kBytes));
  }

 private:
  void add_provider(const Rfc2136Spec& how) {
    add(how.server);
    add(how.key_name);
  }
  void add_provider(const ExecSpec& how) { add(how.path); }
  void add_provider(const HttpReqSpec& how) {
    add(how.url);
    add(how.user);
  }
  void add_provider(const AcmeDnsSpec& how) { add(how.url); }
  void add_provider(const ListenSpec&) {}

  std::string text_;
};

}  // namespace

std::string tried_with(const Plan& plan, const CertificateSpec& certificate) {
  Description description;
  for (const std::size_t issuer : certificate.issuers) {
    description.add(plan.issuers[issuer]);
  }
  description.add(certificate.challenges);
  description.add_switch(certificate.partial);
  description.add(plan.listeners.http);
  description.add(plan.listeners.tls);
  return description.digest();
}

}  // namespace acme
