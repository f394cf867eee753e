// SPDX-License-Identifier: BSD-2-Clause
// Directives at http and server level, and nginx's hooks around them.
#include "ngx_module/conf.h"

#include <algorithm>
#include <utility>

#include "acme_core/engine/builtin_issuers.h"
#include "ngx_module/conf_issuer.h"
#include "ngx_module/conf_values.h"
#include "ngx_module/helper_process.h"
#include "ngx_module/http_challenge.h"
#include "ngx_module/listeners.h"
#include "ngx_module/ngx_guard.h"
#include "ngx_module/ngx_types.h"

namespace ngx_acme {
namespace {

std::pair<ngx_str_t*, ngx_str_t*> arguments(const ngx_conf_t* cf) {
  const auto [first, last] = elements<ngx_str_t>(*cf->args);
  return {first + 1, last};
}

void push_issuer(std::vector<std::string>& issuers, std::string_view name) {
  if (std::find(issuers.begin(), issuers.end(), name) != issuers.end()) {
    fail("duplicate issuer \"" + std::string(name) + "\"");
  }
  issuers.emplace_back(name);
}

// acme on | off | ISSUER …;
char* set_acme(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  auto& server = *static_cast<ServerConf*>(conf);
  if (server.mode != ServerConf::Mode::kUnset) {
    fail("\"acme\" directive is duplicate");
  }
  const auto [first, last] = arguments(cf);
  for (const ngx_str_t* argument = first; argument != last; ++argument) {
    const std::string_view value = view(*argument);
    if (value.empty()) {
      fail("\"acme\" needs \"on\", \"off\" or the names of issuers");
    }
    if ((value == "on" || value == "off") && last - first != 1) {
      fail(
          "\"" + std::string(value) +
          "\" cannot be combined with other values in \"acme\": write \"acme " +
          std::string(value) + ";\" or a list of issuers");
    }
    if (value != "off") {
      push_issuer(server.issuers, value == "on" ? acme::kDefaultIssuer : value);
    }
  }
  server.mode =
      server.issuers.empty() ? ServerConf::Mode::kOff : ServerConf::Mode::kOn;
  server.where = SourceLine::current(cf);
  return NGX_CONF_OK;
}

// Calls `take` for each part of a list: "a,b" has "a" and "b".
template <typename Take>
void for_each_part(std::string_view list, Take take) {
  std::size_t comma = 0;
  do {
    comma = list.find(',');
    take(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
  } while (comma != std::string_view::npos);
}

std::vector<std::string> parse_issuers(std::string_view list) {
  std::vector<std::string> issuers;
  for_each_part(list, [&](std::string_view name) {
    if (name.empty()) {
      fail("empty issuer name in \"" + std::string(list) +
           "\": write ISSUER or ISSUER,ISSUER");
    }
    push_issuer(issuers, name);
  });
  return issuers;
}

std::vector<acme::KeyType> parse_key_types(std::string_view list) {
  std::vector<acme::KeyType> types;
  for_each_part(list, [&](std::string_view text) {
    const auto type = parse_key_argument(text);
    if (!type) {
      fail("unknown key algorithm \"" + std::string(text) +
           "\": use ecdsa or rsa");
    }
    // A context has room for one certificate of each.
    if (std::any_of(types.begin(), types.end(), [&](acme::KeyType other) {
          return acme::is_ecdsa(other) == acme::is_ecdsa(*type);
        })) {
      fail("key algorithm given twice in \"key=" + std::string(list) +
           "\": two keys must be of different algorithms, as in "
           "key=ecdsa,rsa");
    }
    types.push_back(*type);
  });
  return types;
}

// acme_certificate ISSUER[,ISSUER …] [IDENTIFIER …]
//   [key=ALG[:SIZE][,ALG[:SIZE]]];
char* set_acme_certificate(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  auto& server = *static_cast<ServerConf*>(conf);
  if (server.certificate) {
    fail("\"acme_certificate\" directive is duplicate");
  }
  const auto [first, last] = arguments(cf);
  ServerConf::Certificate certificate;
  certificate.issuers = parse_issuers(view(*first));
  certificate.where = SourceLine::current(cf);
  bool key_set = false;
  for (const ngx_str_t* argument = first + 1; argument != last; ++argument) {
    const std::string_view text = view(*argument);
    if (text.starts_with("key=")) {
      if (std::exchange(key_set, true)) {
        fail("duplicate \"key\" in \"acme_certificate\"");
      }
      certificate.key_types = parse_key_types(text.substr(4));
      continue;
    }
    auto identifier = acme::parse_identifier(text);
    if (!identifier) {
      fail("invalid identifier \"" + std::string(text) +
           "\": give a host name or an IP address");
    }
    auto& list = certificate.identifiers;
    if (std::find(list.begin(), list.end(), *identifier) != list.end()) {
      fail("duplicate identifier \"" + std::string(text) + "\"");
    }
    list.push_back(std::move(*identifier));
  }
  server.certificate = std::move(certificate);
  return NGX_CONF_OK;
}

// acme_contact MAIL …;
char* set_acme_contact(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  auto& main = *static_cast<MainConf*>(conf);
  if (!main.contacts.empty()) {
    fail("\"acme_contact\" directive is duplicate");
  }
  const auto [first, last] = arguments(cf);
  for (const ngx_str_t* argument = first; argument != last; ++argument) {
    main.contacts.push_back(contact_url(*argument));
  }
  return NGX_CONF_OK;
}

// acme_shared_zone zone=NAME:SIZE;
char* set_acme_shared_zone(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  auto& main = *static_cast<MainConf*>(conf);
  if (main.zone_where) {
    fail("\"acme_shared_zone\" directive is duplicate");
  }
  const std::string_view argument = view(*arguments(cf).first);
  const std::size_t colon = argument.rfind(':');
  if (!argument.starts_with("zone=") || colon == std::string_view::npos ||
      colon <= 5) {
    fail("invalid parameter \"" + std::string(argument) +
         "\": write zone=NAME:SIZE, for example zone=ngx_acme_shared:1m");
  }
  ngx_str_t text = borrow(argument.substr(colon + 1));
  const ssize_t size = ngx_parse_size(&text);
  if (size == NGX_ERROR || size <= 0) {
    fail("invalid zone size \"" + std::string(argument.substr(colon + 1)) +
         "\"");
  }
  main.zone_name = argument.substr(5, colon - 5);
  main.zone_size = static_cast<std::size_t>(size);
  main.zone_where = SourceLine::current(cf);
  return NGX_CONF_OK;
}

template <auto Handler>
char* directive(ngx_conf_t* cf, ngx_command_t* command, void* conf) noexcept {
  return guarded_directive<Handler, ngx_command_t*, void*>(cf, command, conf);
}

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
  return NGX_CONF_OK;
}

void make_plan(ngx_conf_t* cf, MainConf& main) {
  main.plan.certificates = main.discovery.take_certificates();
  main.plan.user_agent = "ngx-acme/" NGX_ACME_VERSION " nginx/" NGINX_VERSION;
  main.plan.http_listeners = plain_listeners(cf);
  for (const auto& issuer : main.issuers) {
    complete_issuer(cf, main, *issuer);
    main.plan.issuers.push_back(issuer->spec);
  }
}

ngx_int_t finish(ngx_conf_t* cf) {
  auto& main = *static_cast<MainConf*>(
      ngx_http_conf_get_module_main_conf(cf, ngx_http_acme_module));
  if (main.discovery.empty()) {
    return NGX_OK;
  }
  make_plan(cf, main);
  if (!have_own_state_paths(cf, main)) {
    return NGX_ERROR;
  }
  const std::size_t minimum = SharedZone::minimum_size(main.plan);
  if (main.zone_size != 0 && main.zone_size < minimum) {
    refuse(cf, *main.zone_where,
           "zone \"" + main.zone_name + "\" is too small: " +
               std::to_string(main.plan.certificates.size()) +
               " certificates need at least " +
               std::to_string((minimum + 1023) / 1024) +
               "k; leave the directive out to have it sized by itself");
    return NGX_ERROR;
  }
  main.zone =
      std::make_unique<SharedZone>(main.plan, main.zone_name, main.zone_size);
  main.zone->request(cf);
  main.discovery.attach(*main.zone);
  answer_challenges(cf);
  return run_helper(cf, main);
}

}  // namespace

ngx_command_t directives[] = {
    {ngx_string("acme"),
     NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_1MORE,
     directive<set_acme>, NGX_HTTP_SRV_CONF_OFFSET, 0, nullptr},
    {ngx_string("acme_certificate"), NGX_HTTP_SRV_CONF | NGX_CONF_1MORE,
     directive<set_acme_certificate>, NGX_HTTP_SRV_CONF_OFFSET, 0, nullptr},
    {ngx_string("acme_contact"), NGX_HTTP_MAIN_CONF | NGX_CONF_1MORE,
     directive<set_acme_contact>, NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},
    {ngx_string("acme_issuer"),
     NGX_HTTP_MAIN_CONF | NGX_CONF_BLOCK | NGX_CONF_TAKE1,
     directive<acme_issuer>, NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},
    {ngx_string("acme_shared_zone"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
     directive<set_acme_shared_zone>, NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},
    ngx_null_command};

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
