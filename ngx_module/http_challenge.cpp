// SPDX-License-Identifier: BSD-2-Clause
// The HTTP-01 handler.
#include "ngx_module/http_challenge.h"

#include <new>
#include <string_view>

#include "ngx_module/challenge_request.h"
#include "ngx_module/conf.h"
#include "ngx_module/ngx_compat.h"
#include "ngx_module/ngx_guard.h"
#include "ngx_module/ngx_types.h"
#include "ngx_module/phase_handler.h"

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

// A token is not declined but unknown when another ACME client on this machine
// asked for it: its webroot answers then.
ngx_int_t answer(ngx_http_request_t* request) {
  const std::string_view token =
      challenge_token(view(request->uri), view(request->unparsed_uri));
  if (token.empty() ||
      (request->method & (NGX_HTTP_GET | NGX_HTTP_HEAD)) == 0) {
    return NGX_DECLINED;
  }
  const auto& main = *static_cast<MainConf*>(
      ngx_http_get_module_main_conf(request, ngx_http_acme_module));
  ngx_http_complex_value_t body{};
  body.value = main.zone->challenges().find(
      token, view(request->headers_in.server), request->pool);
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

}  // namespace

void answer_challenges(ngx_conf_t* cf) {
  add_phase_handler(cf, NGX_HTTP_POST_READ_PHASE,
                    guarded<answer, NGX_DECLINED, ngx_http_request_t*>);
}

}  // namespace ngx_acme
