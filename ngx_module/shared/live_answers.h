// SPDX-License-Identifier: BSD-2-Clause
// Answers to challenges by name, in shared memory, and their layout.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// A name and its answer: this header, then the name, then the answer.
struct LiveAnswer {
  LiveAnswer* next;
  std::uint32_t references;  ///< orders that want it answered
  std::uint16_t name_size;
  std::uint16_t answer_size;
  /// By steady_seconds(): when it is no longer answered, whatever references
  /// says: a helper that was killed leaves its entries behind.
  std::int64_t expires;
};

/// A hash table that lives in the zone, made of zeros. Whoever calls a function
/// "_locked" holds the lock of `pool`, the zone's.
class LiveAnswers {
 public:
  /// Lets workers skip the mutex while there is nothing to find.
  [[nodiscard]] bool empty() const noexcept {
    return count_.load(std::memory_order_acquire) == 0;
  }

  /// The name's only answer from now on. Throws acme::Error when there is no
  /// room.
  void put_locked(ngx_slab_pool_t* pool, std::string_view name,
                  std::string_view answer);

  /// One of the name's answers. Throws as put_locked() does. A table has names
  /// with one answer or names with several.
  void add_locked(ngx_slab_pool_t* pool, std::string_view name,
                  std::string_view answer);

  /// A name that was removed as often as it was put stays answered for a
  /// minute more: CAs look from several places, and a restarted helper resumes
  /// its orders.
  void remove_locked(std::string_view name) noexcept;
  void remove_locked(std::string_view name, std::string_view answer) noexcept;

  /// Since when the one is kept that has been kept the longest although no
  /// order wants it any more; nullopt: there is none. For free_idle_locked().
  [[nodiscard]] std::optional<std::int64_t> oldest_idle_locked() const noexcept;
  /// Lets go of those that are kept since then or longer.
  void free_idle_locked(ngx_slab_pool_t* pool, std::int64_t since) noexcept;

  /// Answers what `previous`, of another zone, answers, for the minute in which
  /// who wants it answered says so again. Throws as put_locked() does.
  void take_over_locked(ngx_slab_pool_t* pool, const LiveAnswers& previous);

  /// Valid while the lock is held; empty when there is none at `now`, by
  /// steady_seconds().
  [[nodiscard]] std::string_view find_locked(std::string_view name,
                                             std::int64_t now) const noexcept;

  /// All answers of a name at `now`; valid while the lock is held. Throws
  /// std::bad_alloc.
  [[nodiscard]] std::vector<std::string_view> find_all_locked(
      std::string_view name, std::int64_t now) const;

 private:
  static constexpr std::size_t kBuckets = 1024;

  template <typename Matches>
  [[nodiscard]] LiveAnswer** link_to(std::string_view name,
                                     Matches matches) noexcept;
  [[nodiscard]] LiveAnswer** link_to(std::string_view name) noexcept;
  [[nodiscard]] LiveAnswer** link_to(std::string_view name,
                                     std::string_view answer) noexcept;
  template <typename IsOver>
  void remove_if(ngx_slab_pool_t* pool, IsOver is_over) noexcept;
  void remove_expired(ngx_slab_pool_t* pool, std::int64_t now) noexcept;

  std::int64_t swept_at_;  // when the expired were last removed
  std::atomic<std::uint32_t> count_;
  LiveAnswer* buckets_[kBuckets];  // by hash of the name
};

static_assert(std::atomic<std::uint32_t>::is_always_lock_free);

}  // namespace ngx_acme
