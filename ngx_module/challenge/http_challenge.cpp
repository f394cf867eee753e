// SPDX-License-Identifier: BSD-2-Clause
// The HTTP-01 handler.
#include "ngx_module/challenge/http_challenge.h"

#include <string_view>

#include "ngx_module/challenge/challenge_request.h"
#include "ngx_module/nginx/ngx_compat.h"
#include "ngx_module/nginx/ngx_types.h"

namespace ngx_acme {
namespace {

// No browser shall take an answer for a page or a script.
bool forbid_sniffing(ngx_http_request_t& request) noexcept {
  auto* header = static_cast<ngx_table_elt_t*>(
      ngx_list_push(&request.headers_out.headers));
  if (header == nullptr) {
    return false;
  }
  set_header(*header, ngx_string("X-Content-Type-Options"),
             ngx_string("nosniff"));
  return true;
}

}  // namespace

ngx_int_t answer_http_challenge(ngx_http_request_t* request,
                                const ChallengeZone& zone) noexcept {
  const std::string_view token =
      challenge_token(view(request->uri), view(request->unparsed_uri));
  if (token.empty() ||
      (request->method & (NGX_HTTP_GET | NGX_HTTP_HEAD)) == 0) {
    return NGX_DECLINED;
  }
  ngx_http_complex_value_t body{};
  body.value =
      zone.find(token, view(request->headers_in.server), request->pool);
  if (body.value.len == 0) {
    return NGX_DECLINED;
  }
  if (!forbid_sniffing(*request)) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
  ngx_str_t type = ngx_string("application/octet-stream");
  ngx_http_finalize_request(
      request, ngx_http_send_response(request, NGX_HTTP_OK, &type, &body));
  return NGX_DONE;
}

}  // namespace ngx_acme
