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
  static constexpr std::size_t kLongestThumbprint = 64;

  /// Lets workers skip the mutex while there is nothing to find.
  std::atomic<std::uint32_t> entries;
  /// Of the thumbprint for tokens that are not live; 0: they are not answered.
  std::atomic<std::uint32_t> thumbprint_size;
  char thumbprint[kLongestThumbprint];  ///< guarded by the mutex
  ChallengeEntry* buckets[kBuckets];    ///< by hash of the token
};

static_assert(std::atomic<std::uint32_t>::is_always_lock_free);

class ChallengeZone final : public acme::Http01Responder {
 public:
  /// `stateless`: tokens that are not live may be answered, too. The memory
  /// outlives the configuration that said so.
  ChallengeZone(std::string name, bool stateless)
      : name_(std::move(name)), stateless_(stateless) {}

  /// Has nginx allocate the zone, or take it over from the running cycle.
  /// Throws std::bad_alloc.
  void request(ngx_conf_t* cf);

  /// True when this cycle follows one without the zone: its workers, which
  /// live a moment longer, cannot answer.
  [[nodiscard]] bool is_new_to_old_workers() const noexcept {
    return new_to_old_workers_;
  }

  /// True when this configuration has tokens answered that are not live.
  [[nodiscard]] bool is_stateless() const noexcept { return stateless_; }

  /// The answer to a token, copied into the pool; an empty string when there is
  /// none. For workers.
  [[nodiscard]] ngx_str_t find(std::string_view token,
                               ngx_pool_t* pool) const noexcept;

  /// Throws acme::Error when there is no room. For the helper.
  void put_challenge(std::string_view token,
                     std::string_view key_authorization) override;
  /// A token stays answered for a minute more: CAs look from several places,
  /// and a restarted helper resumes its orders.
  void remove_challenge(std::string_view token) noexcept override;
  /// Answers well-formed tokens that are not live with the token, a dot and
  /// `thumbprint`; "" ends that. Throws acme::Error for what cannot be a
  /// thumbprint. For the helper.
  void put_thumbprint(std::string_view thumbprint);

 private:
  static ngx_int_t initialize(ngx_shm_zone_t* zone, void* previous) noexcept;
  void remove_expired_locked(std::int64_t now) noexcept;
  [[nodiscard]] ChallengeEntry** find_locked(
      std::string_view token) const noexcept;
  [[nodiscard]] bool answers_any_token() const noexcept;

  std::string name_;
  bool stateless_;
  ngx_slab_pool_t* pool_ = nullptr;
  ChallengeTable* table_ = nullptr;
  bool new_to_old_workers_ = false;
};

}  // namespace ngx_acme
