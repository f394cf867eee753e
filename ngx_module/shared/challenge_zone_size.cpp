// SPDX-License-Identifier: BSD-2-Clause
// How much shared memory the answers to challenges need.
#include "ngx_module/shared/challenge_zone_size.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <numeric>
#include <vector>

#include "ngx_module/shared/zone_size_units.h"

namespace ngx_acme {
namespace {

// The largest answer is a challenge certificate with its key.
constexpr std::size_t kAnswer = kKilobyte;
// Those of finished orders stay for a minute, as far as there is room: this
// many for each that is wanted.
constexpr std::size_t kGenerations = 4;
// The hash tables and the slab's own pages.
constexpr std::size_t kChallengeBase = 256 * kKilobyte;

// Of the orders that an issuer may have at once, the largest.
std::size_t names_at_once(const acme::Plan& plan, std::size_t issuer) {
  std::vector<std::size_t> names;
  for (const acme::CertificateSpec& spec : plan.certificates) {
    if (std::find(spec.issuers.begin(), spec.issuers.end(), issuer) !=
        spec.issuers.end()) {
      names.push_back(spec.identifiers.size());
    }
  }
  const auto orders = static_cast<std::ptrdiff_t>(
      std::min(names.size(), plan.issuers[issuer].orders_at_once));
  std::partial_sort(names.begin(), names.begin() + orders, names.end(),
                    std::greater<>());
  return std::accumulate(names.begin(), names.begin() + orders, std::size_t{0});
}

}  // namespace

std::size_t challenge_zone_size(const acme::Plan& plan) {
  std::size_t names = 0;
  for (std::size_t issuer = 0; issuer < plan.issuers.size(); ++issuer) {
    names += names_at_once(plan, issuer);
  }
  return std::max(kSmallestZone, std::bit_ceil(kChallengeBase +
                                               names * kAnswer * kGenerations));
}

}  // namespace ngx_acme
