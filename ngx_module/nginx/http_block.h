// SPDX-License-Identifier: BSD-2-Clause
// The servers of the http block, and what modules keep of them.
#pragma once

#include <span>

#include "ngx_module/nginx/ngx.h"
#include "ngx_module/nginx/ngx_types.h"

namespace ngx_acme {

[[nodiscard]] inline ngx_http_core_main_conf_t& http_core_conf(
    ngx_conf_t* cf) noexcept {
  return *static_cast<ngx_http_core_main_conf_t*>(
      ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
}

/// What modules keep of the http block's own level, for all servers.
[[nodiscard]] inline void* const* http_srv_conf(const ngx_conf_t* cf) noexcept {
  return static_cast<const ngx_http_conf_ctx_t*>(cf->ctx)->srv_conf;
}

/// In the order of the configuration.
[[nodiscard]] inline std::span<ngx_http_core_srv_conf_t*> servers_of(
    ngx_conf_t* cf) noexcept {
  const ngx_array_t& servers = http_core_conf(cf).servers;
  return {static_cast<ngx_http_core_srv_conf_t**>(servers.elts), servers.nelts};
}

/// What the ssl module keeps of a server.
[[nodiscard]] inline ngx_http_ssl_srv_conf_t& ssl_conf(
    void* const* srv_conf) noexcept {
  return *static_cast<ngx_http_ssl_srv_conf_t*>(
      srv_conf[ngx_http_ssl_module.ctx_index]);
}
[[nodiscard]] inline ngx_http_ssl_srv_conf_t& ssl_conf(
    const ngx_http_core_srv_conf_t& server) noexcept {
  return ssl_conf(server.ctx->srv_conf);
}

/// That of the http block itself.
[[nodiscard]] inline ngx_http_ssl_srv_conf_t& http_ssl_conf(
    ngx_conf_t* cf) noexcept {
  return ssl_conf(http_srv_conf(cf));
}

/// Calls `take` for each address at which nginx listens. Complete once the http
/// block is read.
template <typename Take>
void for_each_address(ngx_conf_t* cf, Take take) {
  const ngx_array_t* ports = http_core_conf(cf).ports;
  if (ports == nullptr) {
    return;
  }
  const auto [port, last_port] = elements<ngx_http_conf_port_t>(*ports);
  for (const auto* p = port; p != last_port; ++p) {
    const auto [address, last_address] =
        elements<ngx_http_conf_addr_t>(p->addrs);
    for (const auto* a = address; a != last_address; ++a) {
      take(*a);
    }
  }
}

}  // namespace ngx_acme
