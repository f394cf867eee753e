// SPDX-License-Identifier: BSD-2-Clause
// The module as nginx sees it.
#include "ngx_module/config/directives.h"
#include "ngx_module/config/hooks.h"
#include "ngx_module/helper/helper_process.h"
#include "ngx_module/nginx/ngx.h"

namespace {

ngx_int_t postconfiguration(ngx_conf_t* cf) noexcept {
  const ngx_int_t result = ngx_acme::finish_configuration(cf);
  return result == NGX_OK ? ngx_acme::run_helper(cf) : result;
}

ngx_http_module_t context = {
    nullptr,  // preconfiguration
    postconfiguration,
    ngx_acme::create_main_conf,
    ngx_acme::init_main_conf,
    ngx_acme::create_srv_conf,
    ngx_acme::merge_srv_conf,
    ngx_acme::create_loc_conf,
    ngx_acme::merge_loc_conf,
};

}  // namespace

extern "C" {
__attribute__((visibility("default"))) ngx_module_t ngx_http_acme_module = {
    NGX_MODULE_V1,
    &context,
    ngx_acme::directives,
    NGX_HTTP_MODULE,
    nullptr,  // init_master
    ngx_acme::init_module,
    ngx_acme::init_process,
    nullptr,  // init_thread
    nullptr,  // exit_thread
    ngx_acme::exit_process,
    nullptr,  // exit_master
    NGX_MODULE_V1_PADDING,
};
}
