// SPDX-License-Identifier: BSD-2-Clause
// Token buckets of a name server.
#include "acme_core/dns_server/query_limit.h"

#include <algorithm>

namespace acme {
namespace {

constexpr std::uint64_t kQuery = 1000;
constexpr std::size_t kNetwork = 8;  // bytes of an IPv6 address

// Mixes every bit into every other (the finalizer of SplitMix64), after each
// word: without the secret nobody knows which addresses meet.
std::uint64_t hash(std::uint64_t secret,
                   std::span<const std::uint8_t> address) noexcept {
  std::uint64_t value = secret ^ address.size();
  for (const std::uint8_t byte :
       address.first(std::min(address.size(), kNetwork))) {
    value = (value ^ byte) + 0x9e3779b97f4a7c15U;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
    value ^= value >> 31;
  }
  return value;
}

}  // namespace

bool QueryLimit::Bucket::take(std::uint64_t now, std::uint32_t rate,
                              std::uint32_t burst) noexcept {
  const std::uint64_t passed = now > last ? now - last : 0;
  last = std::max(last, now);
  const std::uint64_t full = burst * kQuery;
  level = passed >= full / rate ? full : std::min(full, level + passed * rate);
  if (level < kQuery) {
    return false;
  }
  level -= kQuery;
  return true;
}

QueryLimit::Verdict QueryLimit::admit(std::span<const std::uint8_t> address,
                                      std::uint64_t now) noexcept {
  const std::uint64_t owner = hash(secret_, address);
  Bucket& source = sources_[owner % kPlaces];
  if (source.owner != owner) {
    source = {owner, now, kBurst * kQuery};
  }
  if (!source.take(now, kPerSecond, kBurst)) {
    return Verdict::kSourceExceeds;
  }
  return total_.take(now, kTotalPerSecond, kTotalPerSecond)
             ? Verdict::kAnswer
             : Verdict::kTotalExceeds;
}

}  // namespace acme
