// SPDX-License-Identifier: BSD-2-Clause
// Strict-Transport-Security on managed servers (RFC 6797).
#include "ngx_module/hsts_filter.h"

#include <string_view>

#include "ngx_module/conf.h"
#include "ngx_module/ngx_compat.h"
#include "ngx_module/ngx_types.h"

namespace ngx_acme {
namespace {

const ngx_str_t kName = ngx_string("Strict-Transport-Security");

ngx_http_output_header_filter_pt next_filter = nullptr;

// Section 7.1: a response has the field once at most. Somebody else's goes
// first: an upstream's, or one of add_header.
bool has_field(const ngx_http_request_t& request) noexcept {
  const ngx_list_part_t* part = &request.headers_out.headers.part;
  for (; part != nullptr; part = part->next) {
    const auto* fields = static_cast<const ngx_table_elt_t*>(part->elts);
    for (ngx_uint_t i = 0; i < part->nelts; ++i) {
      if (fields[i].hash != 0 && fields[i].key.len == kName.len &&
          ngx_strncasecmp(fields[i].key.data, kName.data, kName.len) == 0) {
        return true;
      }
    }
  }
  return false;
}

// Section 7.2: not over plain HTTP. A browser that meets a certificate it does
// not trust must ignore the field, and it is kept back until there is one.
const HstsPolicy* policy_for(ngx_http_request_t* request) noexcept {
  if (request != request->main || request->connection->ssl == nullptr) {
    return nullptr;
  }
  const auto& server = *static_cast<const ServerConf*>(
      ngx_http_get_module_srv_conf(request, ngx_http_acme_module));
  if (!server.hsts || server.hsts->field.empty() || server.tls == nullptr ||
      !server.tls->has_certificate(view(request->headers_in.server))) {
    return nullptr;
  }
  return &*server.hsts;
}

ngx_int_t add_field(ngx_http_request_t* request) noexcept {
  const HstsPolicy* policy = policy_for(request);
  if (policy != nullptr && !has_field(*request)) {
    auto* header = static_cast<ngx_table_elt_t*>(
        ngx_list_push(&request->headers_out.headers));
    if (header == nullptr) {
      return NGX_ERROR;
    }
    set_header(*header, kName, borrow(policy->field));
  }
  return next_filter(request);
}

ngx_int_t put_into_chain(ngx_conf_t*) noexcept {
  next_filter = ngx_http_top_header_filter;
  ngx_http_top_header_filter = add_field;
  return NGX_OK;
}

ngx_http_module_t context = {
    nullptr,         // preconfiguration
    put_into_chain,  // postconfiguration
    nullptr,         // create_main_conf
    nullptr,         // init_main_conf
    nullptr,         // create_srv_conf
    nullptr,         // merge_srv_conf
    nullptr,         // create_loc_conf
    nullptr,         // merge_loc_conf
};

}  // namespace

ngx_module_t ngx_http_acme_filter_module = {
    NGX_MODULE_V1,
    &context,
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

}  // namespace ngx_acme
