// SPDX-License-Identifier: BSD-2-Clause
// $acme_status, $acme_not_after, $acme_serial and $acme_issuer.
#include "ngx_module/serve/shown_certificate_variables.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "acme_core/env/clock.h"
#include "ngx_module/nginx/ngx_guard.h"
#include "ngx_module/nginx/ngx_types.h"
#include "ngx_module/serve/tls_shown_certificate.h"

namespace ngx_acme {
namespace {

enum ShownKind : uintptr_t {
  kShownState,
  kShownEnd,
  kShownSerial,
  kShownIssuer
};

std::string shown_value(const ShownCertificate& shown, uintptr_t kind) {
  switch (kind) {
    case kShownState:
      return std::string(shown.state);
    case kShownEnd:
      return shown.not_after ? acme::rfc3339(*shown.not_after) : "";
    case kShownSerial:
      return shown.serial;
    default:
      return shown.issuer;
  }
}

ngx_int_t evaluate_shown(ngx_http_request_t* request,
                         ngx_http_variable_value_t* value, uintptr_t kind) {
  value->not_found = 1;
  const ngx_ssl_connection_t* tls = request->connection->ssl;
  const auto shown =
      tls == nullptr
          ? std::nullopt
          : shown_certificate(tls->connection, acme::SystemClock().now());
  if (!shown) {
    return NGX_OK;
  }
  const std::string text = shown_value(*shown, kind);
  ngx_str_t borrowed = borrow(text);
  value->data = ngx_pstrdup(request->pool, &borrowed);
  if (value->data == nullptr) {
    return NGX_ERROR;
  }
  value->len = static_cast<unsigned>(text.size()) & 0xfffffffU;  // as nginx's
  value->valid = 1;
  value->no_cacheable = 0;
  value->not_found = 0;
  return NGX_OK;
}

struct ShownVariable {
  std::string_view name;
  ShownKind kind;
};
constexpr std::array kShownVariables{
    ShownVariable{"acme_status", kShownState},
    ShownVariable{"acme_not_after", kShownEnd},
    ShownVariable{"acme_serial", kShownSerial},
    ShownVariable{"acme_issuer", kShownIssuer}};

}  // namespace

bool add_shown_certificate_variables(ngx_conf_t* cf) noexcept {
  for (const ShownVariable& each : kShownVariables) {
    ngx_str_t name = borrow(each.name);
    ngx_http_variable_t* variable = ngx_http_add_variable(cf, &name, 0);
    if (variable == nullptr) {
      return false;
    }
    variable->get_handler =
        guarded<evaluate_shown, NGX_ERROR, ngx_http_request_t*,
                ngx_http_variable_value_t*, uintptr_t>;
    variable->data = each.kind;
  }
  return true;
}

}  // namespace ngx_acme
