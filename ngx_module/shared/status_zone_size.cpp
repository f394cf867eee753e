// SPDX-License-Identifier: BSD-2-Clause
// How much shared memory the status of a plan needs.
#include "ngx_module/shared/status_zone_size.h"

#include <algorithm>
#include <bit>

#include "ngx_module/shared/zone_size_units.h"

namespace ngx_acme {
namespace {

// Events, counters, commands, and the slab's own pages.
constexpr std::size_t kStatusBase = 2560 * kKilobyte;
// What a certificate takes: its key, its place and that of one before it, the
// generations that the workers show, and a note, which is larger the longer the
// certificate has been failing.
constexpr std::size_t kCertificate = 3 * kKilobyte;
// An issuer lists what nobody uses any more.
constexpr std::size_t kIssuer = 16 * kKilobyte;

}  // namespace

std::size_t status_zone_size(const acme::Plan& plan) {
  return std::max(
      kSmallestZone,
      std::bit_ceil(kStatusBase + plan.certificates.size() * kCertificate +
                    plan.issuers.size() * kIssuer));
}

std::size_t status_note_places(std::size_t zone_size) {
  return 2 * (zone_size - kStatusBase) / kCertificate;
}

}  // namespace ngx_acme
