// SPDX-License-Identifier: BSD-2-Clause
// Live answers to challenges: their layout in shared memory, and who makes
// room.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <optional>

#include "acme_core/error.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/shared/live_answers.h"
#include "ngx_module/shared/live_txt.h"

namespace ngx_acme {

/// Lives in the zone, made of zeros. Whoever calls a function "_locked" holds
/// the lock of `pool`, the zone's.
struct ChallengeTable {
  static constexpr std::size_t kLongestThumbprint = 64;

  /// Of the thumbprint for tokens that are not live; 0: they are not answered.
  std::atomic<std::uint32_t> thumbprint_size;
  char thumbprint[kLongestThumbprint];  ///< guarded by the mutex
  LiveAnswers http;                     ///< key authorizations, by ChallengeKey
  /// By server name: the DER of certificate and key, one after the other.
  LiveAnswers tls_alpn;
  LiveTxt dns;

  /// Does what `put` does. Where it finds no room, answers go first that no
  /// order wants any more, those that have been kept the longest before others,
  /// whatever they answer. Throws acme::Error when all that is left is wanted.
  template <typename Put>
  void put_locked(ngx_slab_pool_t* pool, Put put) {
    for (;;) {
      try {
        put();
        return;
      } catch (const acme::Error& error) {
        if (error.kind() == acme::ErrorKind::kPermanent ||
            !make_room_locked(pool)) {
          throw;
        }
      }
    }
  }

 private:
  // False: there is nothing to let go of.
  bool make_room_locked(ngx_slab_pool_t* pool) noexcept {
    std::optional<std::int64_t> oldest;
    for (const auto idle :
         std::array{http.oldest_idle_locked(), tls_alpn.oldest_idle_locked(),
                    dns.oldest_idle_locked()}) {
      if (idle) {
        oldest = std::min(oldest.value_or(*idle), *idle);
      }
    }
    if (!oldest) {
      return false;
    }
    http.free_idle_locked(pool, *oldest);
    tls_alpn.free_idle_locked(pool, *oldest);
    dns.free_idle_locked(pool, *oldest);
    return true;
  }
};

}  // namespace ngx_acme
