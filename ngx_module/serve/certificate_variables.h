// SPDX-License-Identifier: BSD-2-Clause
// $acme_certificate and $acme_certificate_key.
#pragma once

#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// Defines both. Their values, "data:" and PEM, are what ssl_certificate and
/// ssl_certificate_key take; they are not found until there is a certificate.
/// A server whose whole configuration they are is taken over instead, and never
/// asks for them (Discovery).
[[nodiscard]] ngx_int_t add_certificate_variables(ngx_conf_t* cf) noexcept;

}  // namespace ngx_acme
