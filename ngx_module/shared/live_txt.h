// SPDX-License-Identifier: BSD-2-Clause
// TXT values by name, in shared memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "acme_core/dns_server/dns_answer.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/shared/live_answers.h"

namespace ngx_acme {

/// Lives in the zone, made of zeros. Names are in lower case without a trailing
/// dot. Whoever calls a function "_locked" holds the lock of `pool`, the
/// zone's.
class LiveTxt {
 public:
  /// More values of a name than that are not answered: what the DNS carries
  /// ends at 64 KB.
  static constexpr std::size_t kMostValues = 512;

  [[nodiscard]] bool empty() const noexcept { return answers_.empty(); }

  /// Throws acme::Error when there is no room; then nothing has changed.
  void put_locked(ngx_slab_pool_t* pool, std::string_view name,
                  std::string_view value);

  /// Values stay as LiveAnswers stay.
  void remove_locked(std::string_view name, std::string_view value) noexcept;

  // As LiveAnswers have them.

  [[nodiscard]] std::optional<std::int64_t> oldest_idle_locked()
      const noexcept {
    return answers_.oldest_idle_locked();
  }
  void free_idle_locked(ngx_slab_pool_t* pool, std::int64_t since) noexcept {
    answers_.free_idle_locked(pool, since);
  }
  void take_over_locked(ngx_slab_pool_t* pool, const LiveTxt& previous) {
    answers_.take_over_locked(pool, previous.answers_);
  }

  /// Throws std::bad_alloc.
  [[nodiscard]] acme::DnsZones::Node find_locked(std::string_view name,
                                                 std::int64_t now) const;

 private:
  /// Every name above one with a value has an empty answer: it exists, too
  /// (RFC 8020 section 2).
  LiveAnswers answers_;
};

}  // namespace ngx_acme
