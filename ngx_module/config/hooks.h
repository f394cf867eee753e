// SPDX-License-Identifier: BSD-2-Clause
// nginx's hooks around the http block, in the order it calls them.
#pragma once

#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

void* create_main_conf(ngx_conf_t* cf) noexcept;
void* create_srv_conf(ngx_conf_t* cf) noexcept;
void* create_loc_conf(ngx_conf_t* cf) noexcept;
char* init_main_conf(ngx_conf_t* cf, void* conf) noexcept;
char* merge_srv_conf(ngx_conf_t* cf, void* parent, void* child) noexcept;
char* merge_loc_conf(ngx_conf_t* cf, void* parent, void* child) noexcept;
/// Everything is known: makes the plan and the zone.
ngx_int_t finish_configuration(ngx_conf_t* cf) noexcept;

}  // namespace ngx_acme
