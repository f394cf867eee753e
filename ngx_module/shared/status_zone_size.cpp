// SPDX-License-Identifier: BSD-2-Clause
// How much shared memory the status of a plan needs.
#include "ngx_module/shared/status_zone_size.h"

#include <algorithm>
#include <bit>

namespace ngx_acme {
namespace {

constexpr std::size_t kKibibyte = 1024;
// Events, counters, commands, and the slab's own pages.
constexpr std::size_t kStatusBase = 2560 * kKibibyte;
// What a certificate takes: its key, its place and that of one before it, the
// generations that the workers show, and a note, which is larger the longer the
// certificate has been failing.
constexpr std::size_t kCertificate = 3 * kKibibyte;
// An issuer lists what nobody uses any more.
constexpr std::size_t kIssuer = 16 * kKibibyte;
constexpr std::size_t kSmallestStatusZone = 4 * kKibibyte * kKibibyte;

}  // namespace

std::size_t status_zone_size(const acme::Plan& plan) {
  return std::max(
      kSmallestStatusZone,
      std::bit_ceil(kStatusBase + plan.certificates.size() * kCertificate +
                    plan.issuers.size() * kIssuer));
}

std::size_t status_note_places(std::size_t zone_size) {
  return 2 * (zone_size - kStatusBase) / kCertificate;
}

}  // namespace ngx_acme
