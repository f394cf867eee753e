// SPDX-License-Identifier: BSD-2-Clause
// $acme_status, $acme_not_after, $acme_serial and $acme_issuer, for logs and
// header fields.
#pragma once

#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// Defines them. They are of the certificate that the connection's client was
/// shown, and not found where it is not ours or there is none.
[[nodiscard]] bool add_shown_certificate_variables(ngx_conf_t* cf) noexcept;

}  // namespace ngx_acme
