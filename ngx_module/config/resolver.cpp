// SPDX-License-Identifier: BSD-2-Clause
// nginx's own `resolver`, for finding CAs.
#include "ngx_module/config/resolver.h"

#include <chrono>
#include <string>

#include "ngx_module/nginx/ngx_compat.h"
#include "ngx_module/nginx/ngx_types.h"

namespace ngx_acme {

std::optional<acme::DnsServers> configured_resolver(ngx_conf_t* cf) {
  const auto& http = *static_cast<const ngx_http_core_loc_conf_t*>(
      ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
  // nginx makes one without servers where nobody wants one.
  if (http.resolver == nullptr || http.resolver->connections.nelts == 0) {
    return std::nullopt;
  }
  acme::DnsServers found;
  const auto [first, last] =
      elements<ngx_resolver_connection_t>(http.resolver->connections);
  for (const auto* server = first; server != last; ++server) {
    found.servers.emplace_back(view(server->server));
  }
  found.ipv4 = asks_for_ipv4(*http.resolver);
  found.ipv6 = asks_for_ipv6(*http.resolver);
  if (http.resolver->valid > 0) {
    found.valid = std::chrono::seconds(http.resolver->valid);
  }
  if (http.resolver_timeout != NGX_CONF_UNSET_MSEC) {
    found.timeout = std::chrono::milliseconds(http.resolver_timeout);
  }
  return found;
}

}  // namespace ngx_acme
