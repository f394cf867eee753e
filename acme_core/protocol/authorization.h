// SPDX-License-Identifier: BSD-2-Clause
// Authorizations: the CA's view of our control over one name (RFC 8555 7.1.4).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/identifier.h"
#include "acme_core/protocol/challenge.h"

namespace acme {

struct Authorization {
  enum class Status {
    kPending,
    kValid,
    kInvalid,
    kDeactivated,
    kExpired,
    kRevoked,
  };

  Identifier identifier;  ///< without "*."
  bool wildcard = false;
  Status status = Status::kPending;
  std::vector<Challenge> challenges;

  /// The challenge of the given type, or nullptr when it is not offered.
  [[nodiscard]] const Challenge* find(std::string_view type) const noexcept;

  /// Why it failed, from its challenges; nullptr when the CA did not say.
  [[nodiscard]] const Problem* failure() const noexcept;
};

/// nullopt when a required member is missing or of the wrong type.
[[nodiscard]] std::optional<Authorization> parse_authorization(
    std::string_view json);

}  // namespace acme
