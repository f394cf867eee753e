// SPDX-License-Identifier: BSD-2-Clause
// Where nginx listens.
#pragma once

#include <string>
#include <vector>

#include "acme_core/engine/plan.h"
#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// The addresses at which nginx answers plain HTTP, and with it HTTP-01, as a
/// client on this machine reaches them. Complete once the http block is read.
[[nodiscard]] std::vector<acme::ListenAddress> plain_listeners(ngx_conf_t* cf);

/// All at which nginx answers plain HTTP, and all at which it speaks TLS over
/// TCP, as nginx writes them: "0.0.0.0:80", "[::]:443", "unix:/path".
[[nodiscard]] std::vector<std::string> http_addresses(ngx_conf_t* cf);
[[nodiscard]] std::vector<std::string> tls_addresses(ngx_conf_t* cf);

/// Those over TLS where TLS-ALPN-01 challenges are answered: not those whose
/// default server has another module's client-hello callback.
[[nodiscard]] std::vector<std::string> challenge_tls_addresses(ngx_conf_t* cf);

/// Whether a CA that looks at the port may find one of these addresses. A unix
/// socket has something else in front of it, which may listen anywhere.
[[nodiscard]] acme::Listening listening(
    const std::vector<std::string>& addresses, const std::string& port);

}  // namespace ngx_acme
