// SPDX-License-Identifier: BSD-2-Clause
// Has nginx call us while it serves.
#include "ngx_module/config/handlers.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "ngx_module/challenge/challenge_request.h"
#include "ngx_module/challenge/http_challenge.h"
#include "ngx_module/config/report.h"
#include "ngx_module/config/server_conf.h"
#include "ngx_module/nginx/http_block.h"
#include "ngx_module/nginx/ngx_guard.h"
#include "ngx_module/nginx/ngx_types.h"
#include "ngx_module/nginx/phase_handler.h"

namespace ngx_acme {
namespace {

const MainConf& main_conf_of(const ngx_http_request_t& request) noexcept {
  return *static_cast<const MainConf*>(
      request.main_conf[ngx_http_acme_module.ctx_index]);
}

ngx_int_t answer_challenge(ngx_http_request_t* request) {
  return answer_http_challenge(request, *main_conf_of(*request).challenges);
}

// Requests for challenges are nobody's to redirect: another ACME client on this
// machine may answer them.
ngx_int_t redirect_request(ngx_http_request_t* request) {
  if (is_for_challenge(view(request->uri))) {
    return NGX_DECLINED;
  }
  const ServerConf& server = server_conf(request->srv_conf);
  return redirect_to_https(request,
                           main_conf_of(*request).discovery.https_names(),
                           server.redirect.value_or(RedirectPolicy::kOff));
}

// We come first, for every request: before rewrites, redirects and access
// rules, none of which a CA could pass.
void answer_http(ngx_conf_t* cf) {
  const std::span<ngx_http_core_srv_conf_t*> servers = servers_of(cf);
  const bool some_redirect = std::any_of(
      servers.begin(), servers.end(),
      [](const ngx_http_core_srv_conf_t* server) {
        return server_conf(*server).redirect.value_or(RedirectPolicy::kOff) !=
               RedirectPolicy::kOff;
      });
  // nginx calls what was added last first: challenges go before redirects.
  if (some_redirect) {
    add_phase_handler(
        cf, NGX_HTTP_POST_READ_PHASE,
        guarded<redirect_request, NGX_DECLINED, ngx_http_request_t*>);
  }
  add_phase_handler(
      cf, NGX_HTTP_POST_READ_PHASE,
      guarded<answer_challenge, NGX_DECLINED, ngx_http_request_t*>);
}

// In unmanaged servers, too: a CA may arrive at a default server.
void answer_tls_alpn(ngx_conf_t* cf, MainConf& main) {
  if (!main.plan.uses(acme::ChallengeType::kTlsAlpn01)) {
    return;
  }
  main.tls_alpn = std::make_unique<TlsAlpnChallenge>(*main.challenges);
  std::set<SourceLine> warned_of;
  for (const ngx_http_core_srv_conf_t* server : servers_of(cf)) {
    SSL_CTX* context = ssl_conf(*server).ssl.ctx;
    if (context == nullptr) {
      continue;
    }
    const auto& callback = server_conf(*server).client_hello_callback;
    if (!callback) {
      main.tls_alpn->attach(context);
    } else if (warned_of.insert(callback->where).second) {
      remark(cf, NGX_LOG_WARN, callback->where,
             "\"" + callback->directive +
                 "\" has the place from which tls-alpn-01 challenges are "
                 "answered: they fail where such a server is the default "
                 "server; take it out there, or prove names by "
                 "\"challenge=http-01\"");
    }
  }
}

// False: a line of the configuration has been refused.
bool answer_dns(ngx_conf_t* cf, MainConf& main) {
  if (main.dns_listen.empty()) {
    return true;
  }
  NameSet apexes = listen_apexes(main.plan);
  apexes.insert(main.dns_alias_zones.begin(), main.dns_alias_zones.end());
  ListenZones zones(*main.challenges, std::move(apexes), main.dns_server_name);
  if (!main.dns_server_name.empty() && zones.apex_of(main.dns_server_name)) {
    refuse(cf, main.dns_listen.front().where,
           "the name server \"" + main.dns_server_name +
               "\" is a name of one of its own zones, where it has no address: "
               "give it one elsewhere");
    return false;
  }
  main.dns_listener = std::make_unique<DnsListener>(std::move(zones));
  return std::all_of(main.dns_listen.begin(), main.dns_listen.end(),
                     [&](const DnsListen& listen) {
                       return main.dns_listener->open(cf, listen);
                     });
}

}  // namespace

bool install_handlers(ngx_conf_t* cf, MainConf& main) {
  answer_http(cf);
  answer_tls_alpn(cf, main);
  return answer_dns(cf, main);
}

}  // namespace ngx_acme
