// SPDX-License-Identifier: BSD-2-Clause
// Which servers speak TLS, where, and which of them nginx asks for a
// certificate.
#include "ngx_module/config/tls_listeners.h"

#include <algorithm>

#include "ngx_module/nginx/http_block.h"
#include "ngx_module/nginx/ngx_compat.h"
#include "ngx_module/nginx/ngx_types.h"

namespace ngx_acme {
namespace {

constexpr in_port_t kHttpsPort = 443;

HttpsPort port_at(const ngx_http_listen_opt_t& listen) {
  if (is_quic_listener(listen)) {
    return {};
  }
  const in_port_t number = ngx_inet_get_port(listen.sockaddr);
  if (number == kHttpsPort) {
    return {PortRank::kUsual, kHttpsPort};
  }
  if (listen.sockaddr->sa_family == AF_UNIX || listen.proxy_protocol) {
    return {PortRank::kBehindProxy, kHttpsPort};
  }
  return {PortRank::kOther, number};
}

}  // namespace

void TlsListeners::read(ngx_conf_t* cf) {
  const ngx_http_ssl_srv_conf_t& http_ssl = http_ssl_conf(cf);
  for_each_address(
      cf, [&](const ngx_http_conf_addr_t& address) { add(address, http_ssl); });
}

void TlsListeners::add(const ngx_http_conf_addr_t& address,
                       const ngx_http_ssl_srv_conf_t& http_ssl) {
  const HttpsPort port = port_at(address.opt);
  const auto [first, last] =
      elements<ngx_http_core_srv_conf_t*>(address.servers);
  for (auto* const* server = first; server != last; ++server) {
    if (speaks_tls(address.opt) || has_ssl_on(ssl_conf(**server), http_ssl)) {
      HttpsPort& known = ports_.try_emplace(*server, port).first->second;
      known = port.rank < known.rank ? port : known;
      defaults_[*server].push_back(address.default_server);
    } else if (ngx_inet_get_port(address.opt.sockaddr) == kHttpsPort) {
      plain_https_.insert(*server);
    }
  }
}

HttpsPort TlsListeners::port_of(const ngx_http_core_srv_conf_t& server) const {
  const auto found = ports_.find(&server);
  return found == ports_.end() ? HttpsPort() : found->second;
}

const std::vector<const ngx_http_core_srv_conf_t*>& TlsListeners::defaults_of(
    const ngx_http_core_srv_conf_t& server) const {
  static const std::vector<const ngx_http_core_srv_conf_t*> kNone;
  const auto found = defaults_.find(&server);
  return found == defaults_.end() ? kNone : found->second;
}

}  // namespace ngx_acme
