// SPDX-License-Identifier: BSD-2-Clause
// One request for the status: from nginx's handler to the end of the answer.
#pragma once

#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// The content handler of a location with acme_status.
[[nodiscard]] ngx_int_t answer_status(ngx_http_request_t* request) noexcept;

}  // namespace ngx_acme
