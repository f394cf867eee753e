/* SPDX-License-Identifier: BSD-2-Clause */
/* What nginx looks up in a dynamic module. */

#include <ngx_config.h>
#include <ngx_core.h>

#define ACME_EXPORT __attribute__((visibility("default")))

extern ngx_module_t  ngx_http_acme_module;
extern ngx_module_t  ngx_http_acme_filter_module;

ACME_EXPORT ngx_module_t  *ngx_modules[] = {
    &ngx_http_acme_module,
    &ngx_http_acme_filter_module,
    NULL
};

ACME_EXPORT char  *ngx_module_names[] = {
    "ngx_http_acme_module",
    "ngx_http_acme_filter_module",
    NULL
};

/*
 * Before ngx_http_ssl_module: our merge_srv_conf gives managed servers their
 * empty certificate lists before the ssl module looks for certificates. Before
 * ngx_http_headers_filter_module, since filters run in the reverse order: ours
 * sees what add_header has added.
 */
ACME_EXPORT char  *ngx_module_order[] = {
    "ngx_http_acme_module",
    "ngx_http_ssl_module",
    "ngx_http_acme_filter_module",
    "ngx_http_headers_filter_module",
    NULL
};
