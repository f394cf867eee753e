// SPDX-License-Identifier: BSD-2-Clause
// A year of many certificates on a virtual clock: the scheduler against two CAs
// that have outages, rate limits, second thoughts and published limits, with
// restarts in between.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace acme {

struct SimulationOptions {
  std::size_t certificates = 10'000;
  /// Whether the first CA has the limits of Let's Encrypt. A million
  /// certificates take longer than a year to get through them.
  bool limits = true;
  std::uint64_t seed = 1;
};

struct SimulationResult {
  std::size_t expired = 0;     ///< certificates that ever did
  std::size_t over_limit = 0;  ///< orders beyond what the CA publishes
  std::size_t duplicates = 0;  ///< orders of a certificate that had one open
  std::size_t never_issued = 0;
  std::size_t orders = 0;    ///< opened at either CA
  std::size_t failures = 0;  ///< of them
  std::size_t renewals = 0;
  std::size_t at_backup = 0;  ///< certificates that the second CA issued
  std::size_t questions = 0;  ///< for renewal info
  std::size_t refused = 0;    ///< requests during outages
  std::size_t restarts = 0;
  double renewals_per_hour = 0;      ///< on average
  std::size_t peak_per_hour = 0;     ///< renewals of the busiest hour
  std::size_t pulled_forward = 0;    ///< by the CA, all at once
  double hours_to_renew_pulled = 0;  ///< until the last of them was renewed

  /// For people.
  [[nodiscard]] std::string table() const;
};

/// A third of the certificates each lives 90, 45 and 6 days; those of 6 days
/// and a third of the others have a second CA. Same options, same year.
[[nodiscard]] SimulationResult simulate_year(const SimulationOptions& options);

}  // namespace acme
