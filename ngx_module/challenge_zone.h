// SPDX-License-Identifier: BSD-2-Clause
// Live HTTP-01 answers in shared memory, and their layout.
//
// Unlike certificates, challenges are shared by all cycles: after a reload, old
// workers still accept connections for a moment, and an order that the old
// helper began goes on. nginx hands the same memory from cycle to cycle, so a
// token is known to whichever worker the CA's request reaches.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "acme_core/challenge/http01.h"
#include "ngx_module/ngx.h"

namespace ngx_acme {

/// A token and its answer: this header, then the token, then the answer.
struct ChallengeEntry {
  ChallengeEntry* next;
  std::uint32_t references;  ///< orders that want it answered
  std::uint16_t token_size;
  std::uint16_t answer_size;
  /// Seconds since 1970 after which it is not answered, whatever references
  /// says: a helper that was killed leaves its entries behind.
  std::int64_t expires;
};

struct ChallengeTable {
  static constexpr std::size_t kBuckets = 256;

  /// Lets workers skip the mutex while there is nothing to find.
  std::atomic<std::uint32_t> entries;
  ChallengeEntry* buckets[kBuckets];  ///< by hash of the token
};

static_assert(std::atomic<std::uint32_t>::is_always_lock_free);

class ChallengeZone final : public acme::Http01Responder {
 public:
  explicit ChallengeZone(std::string name) : name_(std::move(name)) {}

  /// Has nginx allocate the zone, or take it over from the running cycle.
  /// Throws std::bad_alloc.
  void request(ngx_conf_t* cf);

  /// True when this cycle follows one without the zone: its workers, which
  /// live a moment longer, cannot answer.
  [[nodiscard]] bool is_new_to_old_workers() const noexcept {
    return new_to_old_workers_;
  }

  /// The answer to a live token, copied into the pool; an empty string when
  /// there is none. For workers.
  [[nodiscard]] ngx_str_t find(std::string_view token,
                               ngx_pool_t* pool) const noexcept;

  /// Throws acme::Error when there is no room. For the helper.
  void put_challenge(std::string_view token,
                     std::string_view key_authorization) override;
  /// A token stays answered for a minute more: CAs look from several places,
  /// and a restarted helper resumes its orders.
  void remove_challenge(std::string_view token) noexcept override;

 private:
  static ngx_int_t initialize(ngx_shm_zone_t* zone, void* previous) noexcept;
  void remove_expired_locked(std::int64_t now) noexcept;
  [[nodiscard]] ChallengeEntry** find_locked(
      std::string_view token) const noexcept;

  std::string name_;
  ngx_slab_pool_t* pool_ = nullptr;
  ChallengeTable* table_ = nullptr;
  bool new_to_old_workers_ = false;
};

}  // namespace ngx_acme
