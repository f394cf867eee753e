// SPDX-License-Identifier: BSD-2-Clause
// nginx's hooks around the http block.
#include "ngx_module/config/hooks.h"

#include <memory>
#include <optional>

#include "ngx_module/config/account_check.h"
#include "ngx_module/config/acme_use.h"
#include "ngx_module/config/cache_paths.h"
#include "ngx_module/config/configuration_check.h"
#include "ngx_module/config/foreign_state_paths.h"
#include "ngx_module/config/handlers.h"
#include "ngx_module/config/issuers.h"
#include "ngx_module/config/listeners.h"
#include "ngx_module/config/main_conf.h"
#include "ngx_module/config/resolver.h"
#include "ngx_module/config/server_conf.h"
#include "ngx_module/config/staples.h"
#include "ngx_module/config/state_files_check.h"
#include "ngx_module/config/status_directive.h"
#include "ngx_module/config/status_places.h"
#include "ngx_module/config/stock_report.h"
#include "ngx_module/nginx/http_block.h"
#include "ngx_module/nginx/ngx_guard.h"
#include "ngx_module/nginx/ngx_types.h"
#include "ngx_module/shared/certificate_zone_size.h"
#include "ngx_module/status/status_location.h"

namespace ngx_acme {
namespace {

// Issuers that servers name without an acme_issuer block of their own.
char* prepare(ngx_conf_t* cf, MainConf& main) {
  main.discovery.begin(cf);
  const auto add_issuers_of = [&](void* const* srv_conf) {
    const ServerConf& server = server_conf(srv_conf);
    add_builtin_issuers(main, server.issuers);
    if (server.certificate) {
      add_builtin_issuers(main, server.certificate->issuers);
    }
  };
  add_issuers_of(http_srv_conf(cf));
  for (const ngx_http_core_srv_conf_t* server : servers_of(cf)) {
    add_issuers_of(server->ctx->srv_conf);
  }
  share_dns_providers(main);
  return NGX_CONF_OK;
}

void make_plan(ngx_conf_t* cf, MainConf& main) {
  main.plan.certificates = main.discovery.take_certificates();
  main.plan.user_agent = "ngx-acme/" NGX_ACME_VERSION " nginx/" NGINX_VERSION;
  main.plan.http_listeners = plain_listeners(cf);
  main.plan.listeners = {listening(http_addresses(cf), "80"),
                         listening(challenge_tls_addresses(cf), "443")};
  complete_issuers(cf, main);
  const std::optional<acme::DnsServers> resolver = configured_resolver(cf);
  for (const auto& issuer : main.issuers) {
    issuer->spec.resolver = resolver;
    main.plan.issuers.push_back(issuer->spec);
  }
  remember_former_issuers(main);
}

// What an operator is told. Changes nothing but the report.
void check(ngx_conf_t* cf, MainConf& main) {
  check_configuration(cf, main);
  check_accounts(cf, main);
  check_state_files(cf, main);
  if (ngx_test_config) {
    main.stored_certificates = describe_stock(cf, main);
  }
}

void make_zones(ngx_conf_t* cf, MainConf& main) {
  const bool is_enough = main.zone_size >= minimum_zone_size(main.plan);
  main.zone = std::make_unique<CertificateZone>(main.plan, main.zone_name,
                                                is_enough ? main.zone_size : 0);
  main.zone->request(cf);
  main.challenges =
      std::make_unique<ChallengeZone>(main.plan, main.zone_name + "_challenges",
                                      main.challenge_any_host.value_or(false));
  main.challenges->request(cf);
  main.spares = std::make_unique<SpareCertificates>(*main.zone);
  if (!main.status_locations.empty()) {
    main.status_zone =
        std::make_unique<StatusZone>(main.plan, main.zone_name + "_status");
    main.status_zone->request(cf);
  }
}

// What is managed, and how it is served.
ngx_int_t manage(ngx_conf_t* cf, MainConf& main) {
  if (!main.discovery.has_servers()) {
    return NGX_OK;
  }
  main.discovery.plan_certificates(cf);
  make_plan(cf, main);
  if (main.plan.certificates.empty()) {
    main.discovery.attach(cf, {}, main.fallback_keys);
    return NGX_OK;
  }
  if (!keeps_apart_from_caches(cf, main)) {
    return NGX_ERROR;
  }
  plan_staples(cf, main);
  distrust_links(cf, main);
  if (!keeps_off_foreign_paths(cf, main)) {
    return NGX_ERROR;
  }
  check(cf, main);
  make_zones(cf, main);
  main.discovery.attach(
      cf, {main.zone.get(), main.spares.get(), main.status_zone.get()},
      main.fallback_keys);
  for (TlsStaples& staples : main.staples) {
    attach_staples(staples);
  }
  return install_handlers(cf, main) && add_state_paths(cf, main) ? NGX_OK
                                                                 : NGX_ERROR;
}

ngx_int_t build(ngx_conf_t* cf, MainConf& main) {
  if (main.log_file && main.log_file->path.len != 0) {
    main.log.emplace(cf, *main.log_file);
  }
  const ngx_int_t result = manage(cf, main);
  if (result == NGX_OK && !main.status_locations.empty()) {
    prepare_status(cf, main);
  }
  return result;
}

ngx_int_t finish(ngx_conf_t* cf) {
  MainConf& main = main_conf(cf);
  const ngx_int_t result = build(cf, main);
  if (result == NGX_OK) {
    const bool is_used = check_use(cf, main) || !main.plan.certificates.empty();
    const MainConf* running = current_main_conf();
    main.report.print(
        cf->log, running == nullptr ? nullptr : &running->report,
        is_used ? std::optional(summary_of(main.plan, main.stored_certificates))
                : std::nullopt);
  }
  return result;
}

}  // namespace

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

void* create_loc_conf(ngx_conf_t* cf) noexcept {
  return guarded<[](ngx_conf_t* conf) -> void* {
    return &make_in_pool<StatusLocation>(conf->pool);
  },
                 nullptr, ngx_conf_t*>(cf);
}

char* init_main_conf(ngx_conf_t* cf, void* conf) noexcept {
  return guarded_directive<[](ngx_conf_t* c, void* main) {
    return prepare(c, *static_cast<MainConf*>(main));
  },
                           void*>(cf, conf);
}

char* merge_loc_conf(ngx_conf_t* cf, void* parent, void* child) noexcept {
  return guarded_directive<[](ngx_conf_t* c, void* outer, void* inner) {
    inherit_acme_status(c, *static_cast<const StatusLocation*>(outer),
                        *static_cast<StatusLocation*>(inner));
    return static_cast<char*>(NGX_CONF_OK);
  },
                           void*, void*>(cf, parent, child);
}

char* merge_srv_conf(ngx_conf_t* cf, void* parent, void* child) noexcept {
  return guarded_directive<[](ngx_conf_t* c, void* http,
                              void* server) -> char* {
    MainConf& main = main_conf(c);
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
