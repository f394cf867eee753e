// SPDX-License-Identifier: BSD-2-Clause
// The directives at http, server and location level.
#include "ngx_module/config/directives.h"

#include "ngx_module/config/event_directive.h"
#include "ngx_module/config/foreign_callbacks.h"
#include "ngx_module/config/http_directives.h"
#include "ngx_module/config/issuer_block.h"
#include "ngx_module/config/server_directives.h"
#include "ngx_module/config/state_key_directive.h"
#include "ngx_module/config/status_directive.h"
#include "ngx_module/config/storage_directive.h"
#include "ngx_module/nginx/ngx_guard.h"

namespace ngx_acme {
namespace {

template <auto Handler>
char* directive(ngx_conf_t* cf, ngx_command_t* command, void* conf) noexcept {
  return guarded_directive<Handler, ngx_command_t*, void*>(cf, command, conf);
}

}  // namespace

ngx_command_t directives[] = {
    {ngx_string("acme"),
     NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_1MORE,
     directive<set_acme>, NGX_HTTP_SRV_CONF_OFFSET, 0, nullptr},
    {ngx_string("acme_certificate"), NGX_HTTP_SRV_CONF | NGX_CONF_1MORE,
     directive<set_acme_certificate>, NGX_HTTP_SRV_CONF_OFFSET, 0, nullptr},
    {ngx_string("acme_challenge_any_host"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
     directive<set_acme_challenge_any_host>, NGX_HTTP_MAIN_CONF_OFFSET, 0,
     nullptr},
    {ngx_string("acme_check"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
     directive<set_acme_check>, NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},
    {ngx_string("acme_contact"), NGX_HTTP_MAIN_CONF | NGX_CONF_1MORE,
     directive<set_acme_contact>, NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},
    {ngx_string("acme_dns"), NGX_HTTP_MAIN_CONF | NGX_CONF_1MORE,
     directive<set_acme_dns>, NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},
    {ngx_string("acme_dry_run"),
     NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_TAKE1,
     directive<set_acme_dry_run>, NGX_HTTP_SRV_CONF_OFFSET, 0, nullptr},
    {ngx_string("acme_fallback"),
     NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_TAKE1,
     directive<set_acme_fallback>, NGX_HTTP_SRV_CONF_OFFSET, 0, nullptr},
    {ngx_string("acme_hsts"),
     NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_TAKE12,
     directive<set_acme_hsts>, NGX_HTTP_SRV_CONF_OFFSET, 0, nullptr},
    {ngx_string("acme_issuer"),
     NGX_HTTP_MAIN_CONF | NGX_CONF_BLOCK | NGX_CONF_TAKE1,
     directive<acme_issuer>, NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},
    {ngx_string("acme_log"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE12,
     directive<set_acme_log>, NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},
    {ngx_string("acme_on"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE23,
     directive<set_acme_on>, NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},
    {ngx_string("acme_partial"),
     NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_TAKE1,
     directive<set_acme_partial>, NGX_HTTP_SRV_CONF_OFFSET, 0, nullptr},
    {ngx_string("acme_redirect"),
     NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_TAKE1,
     directive<set_acme_redirect>, NGX_HTTP_SRV_CONF_OFFSET, 0, nullptr},
    {ngx_string("acme_shared_zone"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
     directive<set_acme_shared_zone>, NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},
    {ngx_string("acme_state_key"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE123,
     directive<set_acme_state_key>, NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},
    {ngx_string("acme_status"),
     NGX_HTTP_LOC_CONF | NGX_CONF_NOARGS | NGX_CONF_TAKE1,
     directive<set_acme_status>, NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},
    {ngx_string("acme_storage"), NGX_HTTP_MAIN_CONF | NGX_CONF_1MORE,
     directive<set_acme_storage>, NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},
    // Not ours: who sets these is told what it means.
    passed_on("ssl_certificate_by_lua_block"),
    passed_on("ssl_certificate_by_lua_file"),
    passed_on("ssl_client_hello_by_lua_block"),
    passed_on("ssl_client_hello_by_lua_file"),
    ngx_null_command};

}  // namespace ngx_acme
