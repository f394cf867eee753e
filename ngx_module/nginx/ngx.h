// SPDX-License-Identifier: BSD-2-Clause
// The one place that includes nginx's headers.
#pragma once

extern "C" {
#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_http.h>
}

extern "C" {
extern ngx_module_t ngx_http_acme_module;
}
