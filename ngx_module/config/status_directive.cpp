// SPDX-License-Identifier: BSD-2-Clause
// acme_status.
#include "ngx_module/config/status_directive.h"

#include <string>
#include <string_view>

#include "ngx_module/config/directive_values.h"
#include "ngx_module/config/main_conf.h"
#include "ngx_module/nginx/ngx_types.h"
#include "ngx_module/status/status_location.h"
#include "ngx_module/status/status_request.h"

namespace ngx_acme {
namespace {

bool parse_write(std::string_view argument) {
  constexpr std::string_view kWrite = "write=";
  const std::string_view value = argument.starts_with(kWrite)
                                     ? argument.substr(kWrite.size())
                                     : std::string_view();
  if (value != "on" && value != "off") {
    fail("invalid parameter \"" + std::string(argument) +
         "\" in \"acme_status\" directive: it takes \"write=on\" or "
         "\"write=off\"");
  }
  return value == "on";
}

}  // namespace

// acme_status [write=on|off];
char* set_acme_status(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  auto& location = *static_cast<StatusLocation*>(conf);
  if (location.is_set) {
    fail_as_duplicate(cf);
  }
  auto& core = *static_cast<ngx_http_core_loc_conf_t*>(
      ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
  const std::string_view name = view(core.name);
  // Everything below the location is answered, by paths that are relative to
  // it.
  if (core.exact_match || !name.starts_with('/')
#if (NGX_PCRE)
      || core.regex != nullptr
#endif
  ) {
    fail(
        "\"acme_status\" answers everything below its location, which must be "
        "a prefix: write \"location /acme/\"");
  }
  for (const ngx_str_t& argument : arguments(cf)) {
    location.is_writable = parse_write(view(argument));
  }
  location.is_set = true;
  location.base = name;
  if (!name.ends_with('/')) {
    location.base += '/';
  }
  core.handler = answer_status;
  main_conf(cf).status_locations.push_back(&location);
  return NGX_CONF_OK;
}

void inherit_acme_status(ngx_conf_t* cf, const StatusLocation& parent,
                         StatusLocation& child) {
  auto& core = *static_cast<ngx_http_core_loc_conf_t*>(
      ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
  if (parent.is_set && core.noname != 0) {
    child = parent;
    core.handler = answer_status;
    main_conf(cf).status_locations.push_back(&child);
  }
}

}  // namespace ngx_acme
