// SPDX-License-Identifier: BSD-2-Clause
// The module that serves, as nginx sees it.
#include "ngx_module/nginx/ngx_guard.h"
#include "ngx_module/nginx/ngx_types.h"
#include "ngx_module/serve/certificate_variables.h"
#include "ngx_module/serve/hsts_filter.h"
#include "ngx_module/serve/served_server.h"
#include "ngx_module/serve/shown_certificate_variables.h"

namespace ngx_acme {
namespace {

void* create_server(ngx_conf_t* cf) noexcept {
  return guarded<[](ngx_conf_t* conf) -> void* {
    return &make_in_pool<ServedServer>(conf->pool);
  },
                 nullptr, ngx_conf_t*>(cf);
}

ngx_int_t add_variables(ngx_conf_t* cf) noexcept {
  return add_certificate_variables(cf) == NGX_OK &&
                 add_shown_certificate_variables(cf)
             ? NGX_OK
             : NGX_ERROR;
}

ngx_http_module_t serve_context = {
    add_variables, add_hsts_filter,
    nullptr,  // create_main_conf
    nullptr,  // init_main_conf
    create_server,
    nullptr,  // merge_srv_conf
    nullptr,  // create_loc_conf
    nullptr,  // merge_loc_conf
};

}  // namespace

ServedServer& served_server(const ngx_http_core_srv_conf_t& server) noexcept {
  return *static_cast<ServedServer*>(
      server.ctx->srv_conf[ngx_http_acme_filter_module.ctx_index]);
}

const ServedServer& served_server(const ngx_http_request_t& request) noexcept {
  return *static_cast<const ServedServer*>(
      request.srv_conf[ngx_http_acme_filter_module.ctx_index]);
}

}  // namespace ngx_acme

ngx_module_t ngx_http_acme_filter_module = {
    NGX_MODULE_V1,
    &ngx_acme::serve_context,
    nullptr,
    NGX_HTTP_MODULE,
    nullptr,  // init_master
    nullptr,  // init_module
    nullptr,  // init_process
    nullptr,  // init_thread
    nullptr,  // exit_thread
    nullptr,  // exit_process
    nullptr,  // exit_master
    NGX_MODULE_V1_PADDING,
};
