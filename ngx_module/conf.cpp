// SPDX-License-Identifier: BSD-2-Clause
// nginx's hooks around the http block.
#include "ngx_module/conf.h"

#include <algorithm>
#include <optional>

#include "ngx_module/account_check.h"
#include "ngx_module/acme_use.h"
#include "ngx_module/cache_paths.h"
#include "ngx_module/certificate_variables.h"
#include "ngx_module/challenge_request.h"
#include "ngx_module/conf_check.h"
#include "ngx_module/conf_issuer.h"
#include "ngx_module/conf_resolver.h"
#include "ngx_module/conf_staple.h"
#include "ngx_module/conf_stock.h"
#include "ngx_module/conf_summary.h"
#include "ngx_module/helper_process.h"
#include "ngx_module/http_challenge.h"
#include "ngx_module/listeners.h"
#include "ngx_module/ngx_guard.h"
#include "ngx_module/ngx_types.h"
#include "ngx_module/phase_handler.h"
#include "ngx_module/state_files_check.h"

namespace ngx_acme {
namespace {

// Issuers that servers name without an acme_issuer block of their own.
char* prepare(ngx_conf_t* cf, MainConf& main) {
  main.discovery.begin(cf);
  const auto* core = static_cast<ngx_http_core_main_conf_t*>(
      ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
  const auto add_issuer_of = [&](void* const* srv_conf) {
    const auto& server = *static_cast<const ServerConf*>(
        srv_conf[ngx_http_acme_module.ctx_index]);
    add_builtin_issuers(main, server.issuers);
    if (server.certificate) {
      add_builtin_issuers(main, server.certificate->issuers);
    }
  };
  add_issuer_of(static_cast<ngx_http_conf_ctx_t*>(cf->ctx)->srv_conf);
  const auto [first, last] = elements<ngx_http_core_srv_conf_t*>(core->servers);
  std::for_each(first, last, [&](const ngx_http_core_srv_conf_t* server) {
    add_issuer_of(server->ctx->srv_conf);
  });
  share_dns_providers(main);
  return NGX_CONF_OK;
}

// Requests for challenges are nobody's to redirect: another ACME client on this
// machine may answer them.
ngx_int_t redirect_request(ngx_http_request_t* request) {
  if (is_for_challenge(view(request->uri))) {
    return NGX_DECLINED;
  }
  const auto& main = *static_cast<const MainConf*>(
      ngx_http_get_module_main_conf(request, ngx_http_acme_module));
  const auto& server = *static_cast<const ServerConf*>(
      ngx_http_get_module_srv_conf(request, ngx_http_acme_module));
  return redirect_to_https(request, main.discovery.https_names(),
                           server.redirect.value_or(RedirectPolicy::kOff));
}

void make_plan(ngx_conf_t* cf, MainConf& main) {
  main.plan.certificates = main.discovery.take_certificates();
  main.plan.user_agent = "ngx-acme/" NGX_ACME_VERSION " nginx/" NGINX_VERSION;
  main.plan.http_listeners = plain_listeners(cf);
  main.plan.listeners = {reach(http_addresses(cf), "80"),
                         reach(challenge_tls_addresses(cf), "443")};
  complete_issuers(cf, main);
  const std::optional<acme::DnsServers> resolver = configured_resolver(cf);
  for (const auto& issuer : main.issuers) {
    issuer->spec.resolver = resolver;
    main.plan.issuers.push_back(issuer->spec);
  }
  remember_former_issuers(main);
}

// What servers do that is only seen at run time.
void install_handlers(ngx_conf_t* cf) {
  const auto* core = static_cast<ngx_http_core_main_conf_t*>(
      ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
  const auto [first, last] = elements<ngx_http_core_srv_conf_t*>(core->servers);
  const bool some_redirect =
      std::any_of(first, last, [](const ngx_http_core_srv_conf_t* server) {
        const auto& conf = *static_cast<const ServerConf*>(
            server->ctx->srv_conf[ngx_http_acme_module.ctx_index]);
        return conf.redirect.value_or(RedirectPolicy::kOff) !=
               RedirectPolicy::kOff;
      });
  // nginx calls what was added last first: challenges go before redirects.
  if (some_redirect) {
    add_phase_handler(
        cf, NGX_HTTP_POST_READ_PHASE,
        guarded<redirect_request, NGX_DECLINED, ngx_http_request_t*>);
  }
  answer_challenges(cf);
}

// False: a line of the configuration has been refused.
bool answer_dns(ngx_conf_t* cf, MainConf& main) {
  if (main.dns_listen.empty()) {
    return true;
  }
  NameSet apexes = listen_apexes(main.plan);
  apexes.insert(main.dns_alias_zones.begin(), main.dns_alias_zones.end());
  ListenZones zones(main.zone->challenges(), std::move(apexes),
                    main.dns_server_name);
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

ngx_int_t build(ngx_conf_t* cf, MainConf& main) {
  if (main.log_file && main.log_file->path.len != 0) {
    main.log.emplace(cf, *main.log_file);
  }
  if (!main.discovery.has_servers()) {
    return NGX_OK;
  }
  main.discovery.plan_certificates(cf);
  make_plan(cf, main);
  if (main.plan.certificates.empty()) {
    main.discovery.attach(cf, nullptr, nullptr, main.fallback_keys);
    return NGX_OK;
  }
  if (!keeps_apart_from_caches(cf, main)) {
    return NGX_ERROR;
  }
  plan_staples(cf, main);
  check_configuration(cf, main);
  check_accounts(cf, main);
  check_state_files(cf, main);
  if (ngx_test_config) {
    main.stored_certificates = describe_stock(cf, main);
  }
  main.zone =
      std::make_unique<SharedZone>(main.plan, main.zone_name, main.zone_size,
                                   main.challenge_any_host.value_or(false));
  main.zone->request(cf);
  main.spares = std::make_unique<SpareCertificates>(*main.zone);
  main.discovery.attach(cf, main.zone.get(), main.spares.get(),
                        main.fallback_keys);
  for (TlsStaples& staples : main.staples) {
    attach_staples(staples);
  }
  install_handlers(cf);
  if (main.plan.uses(acme::ChallengeType::kTlsAlpn01)) {
    main.tls_alpn = std::make_unique<TlsAlpnChallenge>(main.zone->challenges());
    main.tls_alpn->attach(cf);
  }
  return answer_dns(cf, main) ? run_helper(cf, main) : NGX_ERROR;
}

ngx_int_t finish(ngx_conf_t* cf) {
  auto& main = *static_cast<MainConf*>(
      ngx_http_conf_get_module_main_conf(cf, ngx_http_acme_module));
  const ngx_int_t result = build(cf, main);
  if (result == NGX_OK) {
    const bool is_used = check_use(cf, main) || !main.plan.certificates.empty();
    const MainConf* running = current_main_conf();
    main.report.print(cf->log, running == nullptr ? nullptr : &running->report,
                      is_used ? std::optional(summary_of(main)) : std::nullopt);
  }
  return result;
}

}  // namespace

IssuerConf* MainConf::find_issuer(std::string_view name) const noexcept {
  const auto found = std::find_if(
      issuers.begin(), issuers.end(),
      [&](const auto& issuer) { return issuer->spec.name == name; });
  return found == issuers.end() ? nullptr : found->get();
}

std::size_t MainConf::index_of(const IssuerConf& issuer) const noexcept {
  const auto found = std::find_if(
      issuers.begin(), issuers.end(),
      [&](const auto& candidate) { return candidate.get() == &issuer; });
  return static_cast<std::size_t>(found - issuers.begin());
}

MainConf* current_main_conf() noexcept {
  // While the first configuration is read there is no current one.
  if (ngx_cycle == nullptr || ngx_cycle->conf_ctx == nullptr) {
    return nullptr;
  }
  return static_cast<MainConf*>(
      ngx_http_cycle_get_module_main_conf(ngx_cycle, ngx_http_acme_module));
}

ngx_int_t begin_configuration(ngx_conf_t* cf) noexcept {
  return add_certificate_variables(cf);
}

void* create_main_conf(ngx_conf_t* cf) noexcept {
  return guarded<[](ngx_conf_t* conf) -> void* {
    return &make_in_pool<MainConf>(conf->pool);
  },
                 nullptr, ngx_conf_t*>(cf);
}

void* create_srv_conf(ngx_conf_t* cf) noexcept {
  return guarded<[](ngx_conf_t* conf) -> void* {
    return &make_in_pool<ServerConf>(conf->pool);
  },
                 nullptr, ngx_conf_t*>(cf);
}

char* init_main_conf(ngx_conf_t* cf, void* conf) noexcept {
  return guarded_directive<[](ngx_conf_t* c, void* main) {
    return prepare(c, *static_cast<MainConf*>(main));
  },
                           void*>(cf, conf);
}

char* merge_srv_conf(ngx_conf_t* cf, void* parent, void* child) noexcept {
  return guarded_directive<[](ngx_conf_t* c, void* http,
                              void* server) -> char* {
    auto& main = *static_cast<MainConf*>(
        ngx_http_conf_get_module_main_conf(c, ngx_http_acme_module));
    return main.discovery.add_server(c, main, *static_cast<ServerConf*>(http),
                                     *static_cast<ServerConf*>(server))
               ? NGX_CONF_OK
               : static_cast<char*>(NGX_CONF_ERROR);
  },
                           void*, void*>(cf, parent, child);
}

ngx_int_t finish_configuration(ngx_conf_t* cf) noexcept {
  try {
    return finish(cf);
  } catch (const std::exception& error) {
    ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "acme: %s", error.what());
    return NGX_ERROR;
  }
}

}  // namespace ngx_acme
