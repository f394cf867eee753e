// SPDX-License-Identifier: BSD-2-Clause
// What `nginx -t` says of the certificates there are.
#pragma once

#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

struct MainConf;

/// Says which stored certificates are served although they are not what is
/// wished, until when, and what will be ordered. How many there are that are
/// kept until their renewal.
[[nodiscard]] std::size_t describe_stock(ngx_conf_t* cf, const MainConf& main);

}  // namespace ngx_acme
