// SPDX-License-Identifier: BSD-2-Clause
// nginx's own `resolver`, for finding CAs.
#pragma once

#include <optional>

#include "acme_core/net/host_resolver.h"
#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// `resolver` and `resolver_timeout` of the http block; nullopt without them.
/// Complete once the http block is read.
[[nodiscard]] std::optional<acme::DnsServers> configured_resolver(
    ngx_conf_t* cf);

}  // namespace ngx_acme
