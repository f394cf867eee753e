// SPDX-License-Identifier: BSD-2-Clause
// The module as nginx sees it.
#include "ngx_module/conf.h"
#include "ngx_module/helper_process.h"
#include "ngx_module/ngx.h"

namespace {

ngx_http_module_t context = {
    ngx_acme::begin_configuration,
    ngx_acme::finish_configuration,
    ngx_acme::create_main_conf,
    ngx_acme::init_main_conf,
    ngx_acme::create_srv_conf,
    ngx_acme::merge_srv_conf,
    nullptr,  // create_loc_conf
    nullptr,  // merge_loc_conf
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
