// SPDX-License-Identifier: BSD-2-Clause
// The time by which answers in shared memory live.
#include "ngx_module/nginx/steady_seconds.h"

#include <chrono>

#include "acme_core/env/clock.h"

namespace ngx_acme {

std::int64_t steady_seconds() noexcept {
  return std::chrono::floor<std::chrono::seconds>(
             acme::SystemClock().steady_now())
      .time_since_epoch()
      .count();
}

}  // namespace ngx_acme
