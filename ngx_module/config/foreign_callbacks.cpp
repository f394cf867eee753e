// SPDX-License-Identifier: BSD-2-Clause
// Other modules that hook into handshakes as we do.
#include "ngx_module/config/foreign_callbacks.h"

#include <utility>

#include "ngx_module/config/directive_values.h"
#include "ngx_module/config/server_conf.h"
#include "ngx_module/nginx/ngx_guard.h"
#include "ngx_module/nginx/ngx_types.h"

namespace ngx_acme {
namespace {

std::string name_in(const ngx_conf_t* cf) {
  return std::string(view(*static_cast<const ngx_str_t*>(cf->args->elts)));
}

// As nginx looks for a directive, among the modules other than ours.
std::pair<ngx_module_t*, ngx_command_t*> find_owner(const ngx_conf_t* cf,
                                                    std::string_view name) {
  for (ngx_module_t** module = cf->cycle->modules; *module != nullptr;
       ++module) {
    if ((*module)->type != NGX_HTTP_MODULE ||
        *module == &ngx_http_acme_module || (*module)->commands == nullptr) {
      continue;
    }
    for (ngx_command_t* command = (*module)->commands; command->name.len != 0;
         ++command) {
      if (view(command->name) == name) {
        return {*module, command};
      }
    }
  }
  return {nullptr, nullptr};
}

// As nginx finds what a directive of the http block is to change.
void* conf_of(const ngx_conf_t* cf, const ngx_module_t& module,
              const ngx_command_t& command) {
  auto* confs =
      *reinterpret_cast<void***>(static_cast<char*>(cf->ctx) + command.conf);
  return confs == nullptr ? nullptr : confs[module.ctx_index];
}

char* pass_on(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  ForeignCallback callback{name_in(cf), SourceLine::current(cf)};
  const auto [module, command] = find_owner(cf, callback.directive);
  if (command == nullptr) {
    fail("unknown directive \"" + callback.directive + "\"");
  }
  char* result = command->set(cf, command, conf_of(cf, *module, *command));
  if (result == NGX_CONF_OK) {
    auto& server = *static_cast<ServerConf*>(conf);
    (callback.directive.starts_with("ssl_certificate")
         ? server.certificate_callback
         : server.client_hello_callback) = std::move(callback);
  }
  return result;
}

}  // namespace

ngx_command_t passed_on(std::string_view name) noexcept {
  const ngx_uint_t arguments = name.ends_with("_block")
                                   ? NGX_CONF_BLOCK | NGX_CONF_NOARGS
                                   : NGX_CONF_TAKE1;
  return {borrow(name),
          NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | arguments,
          guarded_directive<pass_on, ngx_command_t*, void*>,
          NGX_HTTP_SRV_CONF_OFFSET,
          0,
          nullptr};
}

}  // namespace ngx_acme
