// SPDX-License-Identifier: BSD-2-Clause
// The zones that nginx's own name server answers for.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "acme_core/dns_server/dns_answer.h"
#include "acme_core/engine/plan.h"
#include "ngx_module/nginx/string_hash.h"
#include "ngx_module/shared/challenge_zone.h"

namespace ngx_acme {

/// What certificates of the plan have delegated to us, if it is: the names of
/// their challenges, and the zones of `listen`.
[[nodiscard]] NameSet listen_apexes(const acme::Plan& plan);

/// Lives in the configuration; its answers are in shared memory. A name is ours
/// when it is at or below one of the apexes, or when it has a value: then it is
/// a zone of its own.
class ListenZones final : public acme::DnsZones {
 public:
  /// `challenges` outlives it. Apexes in lower case without a trailing dot.
  ListenZones(const ChallengeZone& challenges, NameSet apexes,
              std::string server_name)
      : challenges_(challenges),
        apexes_(std::move(apexes)),
        server_name_(std::move(server_name)) {}

  /// The innermost of the apexes that the name is at or below. Also while
  /// there is no shared memory yet.
  [[nodiscard]] std::optional<std::string_view> apex_of(
      std::string_view name) const;

  [[nodiscard]] std::optional<std::string_view> zone_of(
      std::string_view name) const override;
  [[nodiscard]] Node find(std::string_view name) const override;
  [[nodiscard]] std::string_view server_name() const noexcept override {
    return server_name_;
  }

 private:
  const ChallengeZone& challenges_;
  NameSet apexes_;
  std::string server_name_;
};

}  // namespace ngx_acme
