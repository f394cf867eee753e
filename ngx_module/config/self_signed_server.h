// SPDX-License-Identifier: BSD-2-Clause
// Servers that `acme on` has in its scope and cannot get a certificate for,
// though nginx does not start without one.
#pragma once

#include "ngx_module/nginx/ngx.h"
#include "ngx_module/serve/fallback_certificate.h"

namespace ngx_acme {

/// Says that the server will never show anything but a self-signed certificate,
/// and what to do about it. False when that is no more than a notice, as nobody
/// is to be served there.
bool tell_self_signed_for_good(ngx_conf_t* cf,
                               const ngx_http_core_srv_conf_t& server,
                               FallbackPolicy fallback);

}  // namespace ngx_acme
