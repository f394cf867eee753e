// SPDX-License-Identifier: BSD-2-Clause
// Handlers of the directives that a server has, or inherits from the http
// block. All throw acme::Error, whose message becomes the [emerg] line.
#pragma once

#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

char* set_acme(ngx_conf_t* cf, ngx_command_t* command, void* conf);
char* set_acme_certificate(ngx_conf_t* cf, ngx_command_t* command, void* conf);
char* set_acme_dry_run(ngx_conf_t* cf, ngx_command_t* command, void* conf);
char* set_acme_fallback(ngx_conf_t* cf, ngx_command_t* command, void* conf);
char* set_acme_hsts(ngx_conf_t* cf, ngx_command_t* command, void* conf);
char* set_acme_partial(ngx_conf_t* cf, ngx_command_t* command, void* conf);
char* set_acme_redirect(ngx_conf_t* cf, ngx_command_t* command, void* conf);

}  // namespace ngx_acme
