// SPDX-License-Identifier: BSD-2-Clause
// A key that seals, out of a file that is root's alone.
#pragma once

#include <string_view>

#include "acme_core/secret.h"
#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// `what` the key is, for messages: "the state key".
[[nodiscard]] acme::SecretBytes read_sealing_key(ngx_conf_t* cf,
                                                 std::string_view name,
                                                 std::string_view what);

}  // namespace ngx_acme
