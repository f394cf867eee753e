// SPDX-License-Identifier: BSD-2-Clause
// What answering visitors needs to know of a server of the configuration.
#pragma once

#include <string>

#include "ngx_module/nginx/ngx.h"
#include "ngx_module/serve/tls_server.h"

/// The second module that nginx sees. Filters have their place in nginx's order
/// of modules: after all that add headers of their own.
extern "C" {
extern ngx_module_t ngx_http_acme_filter_module;
}

namespace ngx_acme {

/// Filled in when the configuration has been read.
struct ServedServer {
  TlsServer* tls = nullptr;  ///< null: its certificates are not ours
  /// The value of Strict-Transport-Security; empty: it is not sent.
  std::string hsts;
};

[[nodiscard]] ServedServer& served_server(
    const ngx_http_core_srv_conf_t& server) noexcept;
/// Of the server that answers the request.
[[nodiscard]] const ServedServer& served_server(
    const ngx_http_request_t& request) noexcept;

}  // namespace ngx_acme
