// SPDX-License-Identifier: BSD-2-Clause
// Handlers of the directives of the http block alone. All throw acme::Error,
// whose message becomes the [emerg] line.
#pragma once

#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

char* set_acme_challenge_any_host(ngx_conf_t* cf, ngx_command_t* command,
                                  void* conf);
char* set_acme_check(ngx_conf_t* cf, ngx_command_t* command, void* conf);
char* set_acme_contact(ngx_conf_t* cf, ngx_command_t* command, void* conf);
char* set_acme_dns(ngx_conf_t* cf, ngx_command_t* command, void* conf);
char* set_acme_log(ngx_conf_t* cf, ngx_command_t* command, void* conf);
char* set_acme_shared_zone(ngx_conf_t* cf, ngx_command_t* command, void* conf);

}  // namespace ngx_acme
