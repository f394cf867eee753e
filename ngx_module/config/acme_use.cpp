// SPDX-License-Identifier: BSD-2-Clause
// Whether each `acme` manages something.
#include "ngx_module/config/acme_use.h"

#include "ngx_module/config/report.h"
#include "ngx_module/config/server_conf.h"
#include "ngx_module/nginx/http_block.h"
#include "ngx_module/serve/served_server.h"

namespace ngx_acme {
namespace {

using Mode = ServerConf::Mode;

// By the server's own `acme` or by that of the http block.
bool is_managed_by_acme(const ngx_http_core_srv_conf_t& server) {
  const TlsServer* tls = served_server(server).tls;
  return tls != nullptr && !server_conf(server).certificate &&
         !tls->parts.front().identifiers.empty();
}

void check_server(ngx_conf_t* cf, const TlsListeners& listeners,
                  const ngx_http_core_srv_conf_t& server,
                  const ServerConf& own) {
  if (is_managed_by_acme(server) || own.is_told) {
    return;
  }
  if (own.certificate) {
    remark(cf, NGX_LOG_NOTICE, own.where,
           "\"acme\" manages nothing: the server's \"acme_certificate\" goes "
           "before it");
  } else if (listeners.has(server)) {
    remark(cf, NGX_LOG_WARN, own.where,
           "\"acme\" manages nothing: the server has no \"server_name\" that "
           "can have a certificate; add one, or take \"acme\" out");
  } else if (!listeners.is_plain_https(server)) {
    remark(cf, NGX_LOG_WARN, own.where,
           "\"acme\" manages nothing: the server has no \"listen ... ssl\"; "
           "add it, or take \"acme\" out");
  }
}

}  // namespace

bool check_use(ngx_conf_t* cf, const MainConf& main) {
  const ServerConf& http = server_conf(http_srv_conf(cf));
  bool is_used = http.mode == Mode::kOn;
  bool http_is_idle = is_used;
  for (const ngx_http_core_srv_conf_t* server : servers_of(cf)) {
    const ServerConf& own = server_conf(*server);
    if (own.mode == Mode::kOn) {
      is_used = true;
      check_server(cf, main.discovery.listeners(), *server, own);
    } else if (own.mode == Mode::kUnset &&
               (is_managed_by_acme(*server) || own.is_self_signed_for_good)) {
      http_is_idle = false;
    }
  }
  if (http_is_idle) {
    // Beside certificates that servers ask for themselves, it may wait for
    // servers to come.
    remark(cf, main.plan.certificates.empty() ? NGX_LOG_WARN : NGX_LOG_NOTICE,
           http.where,
           "\"acme\" manages nothing: no server in its scope has \"listen ... "
           "ssl\" and a \"server_name\" that can have a certificate");
  }
  return is_used;
}

}  // namespace ngx_acme
