// SPDX-License-Identifier: BSD-2-Clause
// How names will be proved, before any CA is asked.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "acme_core/engine/plan.h"
#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// The challenge with which the name begins; nullopt: nothing can prove it.
[[nodiscard]] std::optional<acme::ChallengeType> first_challenge(
    const acme::Plan& plan, const acme::CertificateSpec& spec,
    const acme::Identifier& identifier);

/// False also for a record that nobody was told to make.
[[nodiscard]] bool has_way(const acme::Plan& plan,
                           const acme::CertificateSpec& spec,
                           const acme::Identifier& identifier);

/// Where CAs look: port 80 for http-01 (RFC 8555 section 8.3), port 443 for
/// tls-alpn-01 (RFC 8737 section 3).
class ChallengeAddresses {
 public:
  explicit ChallengeAddresses(ngx_conf_t* cf);

  [[nodiscard]] static std::string port(acme::ChallengeType challenge) {
    return challenge == acme::ChallengeType::kHttp01 ? "80" : "443";
  }
  /// Those at which nginx could answer, as it writes them.
  [[nodiscard]] const std::vector<std::string>& of(
      acme::ChallengeType challenge) const noexcept {
    return challenge == acme::ChallengeType::kHttp01 ? http_ : tls_;
  }
  /// `before` and `addresses`; empty when there are none.
  [[nodiscard]] static std::string text(
      const std::vector<std::string>& addresses, const std::string& before);

 private:
  std::vector<std::string> http_;
  std::vector<std::string> tls_;
};

}  // namespace ngx_acme
