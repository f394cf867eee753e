// SPDX-License-Identifier: BSD-2-Clause
// What needs a person, the worst first.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/status/model.h"

namespace acme {

/// Certificates with the same state and cure are one matter.
struct Matter {
  /// A larger number comes first.
  unsigned urgency = 0;
  std::string title;   ///< "3 certificates are failing"
  std::string reason;  ///< of the first of them
  std::string cure;
  CertificateState state = CertificateState::kValid;
  std::size_t count = 0;  ///< of certificates; 0: an issuer or the process
  /// The first few.
  std::vector<const CertificateStatus*> certificates;
};

inline constexpr std::size_t kMostNamed = 6;

[[nodiscard]] std::vector<Matter> what_needs_a_person(
    const StatusSnapshot& snapshot);

}  // namespace acme
