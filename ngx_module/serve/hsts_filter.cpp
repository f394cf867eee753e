// SPDX-License-Identifier: BSD-2-Clause
// Strict-Transport-Security on managed servers (RFC 6797).
#include "ngx_module/serve/hsts_filter.h"

#include <string_view>

#include "ngx_module/nginx/ngx_compat.h"
#include "ngx_module/nginx/ngx_types.h"
#include "ngx_module/serve/served_server.h"

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
bool wants_field(const ngx_http_request_t& request) noexcept {
  if (&request != request.main || request.connection->ssl == nullptr) {
    return false;
  }
  const ServedServer& server = served_server(request);
  return !server.hsts.empty() && server.tls != nullptr &&
         server.tls->has_certificate(view(request.headers_in.server));
}

ngx_int_t add_field(ngx_http_request_t* request) noexcept {
  if (wants_field(*request) && !has_field(*request)) {
    auto* header = static_cast<ngx_table_elt_t*>(
        ngx_list_push(&request->headers_out.headers));
    if (header == nullptr) {
      return NGX_ERROR;
    }
    set_header(*header, kName, borrow(served_server(*request).hsts));
  }
  return next_filter(request);
}

}  // namespace

ngx_int_t add_hsts_filter(ngx_conf_t*) noexcept {
  next_filter = ngx_http_top_header_filter;
  ngx_http_top_header_filter = add_field;
  return NGX_OK;
}

}  // namespace ngx_acme
