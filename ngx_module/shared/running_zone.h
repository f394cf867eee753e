// SPDX-License-Identifier: BSD-2-Clause
// Zones of the running cycle, while the next one is being made.
#pragma once

#include <string_view>

#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// The running cycle's zone that `init` sets up; `name`: as it is called,
/// empty: whatever; `other_than`: not with that data. nullptr: there is none. A
/// module that was replaced on disk has another tag: its zones may be laid out
/// differently and are left alone.
[[nodiscard]] ngx_shm_zone_t* find_running_zone(
    ngx_shm_zone_init_pt init, std::string_view name = {},
    const void* other_than = nullptr) noexcept;

}  // namespace ngx_acme
