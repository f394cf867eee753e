// SPDX-License-Identifier: BSD-2-Clause
// The time by which answers in shared memory live, as a test says it.
#include "tests/unit/module/steady_double.h"

#include "ngx_module/nginx/steady_seconds.h"

namespace ngx_acme {
namespace {

std::int64_t now = 1'000'000;

}  // namespace

std::int64_t steady_seconds() noexcept { return now; }

void pass_seconds(std::int64_t seconds) noexcept { now += seconds; }

}  // namespace ngx_acme
