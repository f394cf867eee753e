// SPDX-License-Identifier: BSD-2-Clause
// The directives of the http block alone.
#include "ngx_module/config/http_directives.h"

#include <string>
#include <string_view>

#include "ngx_module/config/directive_values.h"
#include "ngx_module/config/dns_directive.h"
#include "ngx_module/config/main_conf.h"
#include "ngx_module/nginx/ngx_types.h"

namespace ngx_acme {

// acme_challenge_any_host on | off;
char* set_acme_challenge_any_host(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  auto& main = *static_cast<MainConf*>(conf);
  if (main.challenge_any_host) {
    fail_as_duplicate(cf);
  }
  main.challenge_any_host = parse_switch(cf);
  return NGX_CONF_OK;
}

// acme_check on | verbose;
char* set_acme_check(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  auto& main = *static_cast<MainConf*>(conf);
  if (main.check_where) {
    fail_as_duplicate(cf);
  }
  main.check_where = SourceLine::current(cf);
  const std::string_view value = view(arguments(cf).front());
  if (value == "verbose") {
    main.report.be_verbose();
  } else if (value != "on") {
    fail("invalid value \"" + std::string(value) +
         "\" in \"acme_check\" directive, it must be \"on\" or \"verbose\"");
  }
  return NGX_CONF_OK;
}

// acme_contact MAIL …;
char* set_acme_contact(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  auto& main = *static_cast<MainConf*>(conf);
  if (!main.contacts.empty()) {
    fail_as_duplicate(cf);
  }
  for (const ngx_str_t& argument : arguments(cf)) {
    main.contacts.push_back(contact_url(cf, argument));
  }
  return NGX_CONF_OK;
}

// acme_dns PROVIDER … [zone=ZONE];
char* set_acme_dns(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  auto& main = *static_cast<MainConf*>(conf);
  add_dns_provider(cf, main, main.dns);
  return NGX_CONF_OK;
}

// acme_log PATH [LEVEL] | off;
char* set_acme_log(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  auto& main = *static_cast<MainConf*>(conf);
  if (main.log_file) {
    fail_as_duplicate(cf);
  }
  main.log_file = parse_acme_log(cf);
  return NGX_CONF_OK;
}

// acme_shared_zone zone=NAME:SIZE;
char* set_acme_shared_zone(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  auto& main = *static_cast<MainConf*>(conf);
  if (main.zone_where) {
    fail_as_duplicate(cf);
  }
  constexpr std::string_view kZone = "zone=";
  const std::string_view argument = view(arguments(cf).front());
  if (!argument.starts_with(kZone) || argument.size() == kZone.size()) {
    fail(
        "\"acme_shared_zone\" must have \"zone\" parameter: write "
        "zone=NAME:SIZE, for example zone=ngx_acme_shared:1m");
  }
  const std::size_t colon = argument.find(':');
  const std::string_view size_text =
      colon == std::string_view::npos ? "" : argument.substr(colon + 1);
  ngx_str_t text = borrow(size_text);
  const ssize_t size = ngx_parse_size(&text);
  if (size_text.empty() || size == NGX_ERROR || colon == kZone.size()) {
    fail("invalid zone size \"" + std::string(argument.substr(kZone.size())) +
         "\": write NAME:SIZE, for example ngx_acme_shared:1m");
  }
  main.zone_name = argument.substr(kZone.size(), colon - kZone.size());
  main.zone_size = static_cast<std::size_t>(size);
  main.zone_where = SourceLine::current(cf);
  // The slab allocator's own minimum.
  if (main.zone_size < 8 * ngx_pagesize) {
    fail("zone \"" + main.zone_name + "\" is too small: give it at least " +
         std::to_string(8 * ngx_pagesize / 1024) +
         "k, or leave the directive out to have it sized by itself");
  }
  return NGX_CONF_OK;
}

}  // namespace ngx_acme
