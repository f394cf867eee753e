// SPDX-License-Identifier: BSD-2-Clause
// $acme_certificate and $acme_certificate_key.
#include "ngx_module/serve/certificate_variables.h"

#include <optional>
#include <string_view>

#include "acme_core/storage/store.h"
#include "ngx_module/nginx/ngx_guard.h"
#include "ngx_module/nginx/ngx_types.h"
#include "ngx_module/serve/served_server.h"
#include "ngx_module/serve/tls_certificate.h"
#include "ngx_module/shared/certificate_zone.h"

namespace ngx_acme {
namespace {

enum Kind : uintptr_t { kCertificate, kKey };

std::string_view name_asked_for(const ngx_http_request_t& request) noexcept {
  return request.connection->ssl == nullptr
             ? std::string_view()
             : requested_name(request.connection->ssl->connection);
}

// Of two certificates, the first that is there.
std::optional<acme::StoredCertificate> certificate_for(
    ngx_http_request_t* request) {
  TlsServer* server = served_server(*request).tls;
  if (server == nullptr || server->zone == nullptr) {
    return std::nullopt;
  }
  const std::string_view name = name_asked_for(*request);
  TlsPart& part = server->part_for(name);
  for (TlsPart::Certificate& certificate : part.certificates()) {
    if (server->serves(part, certificate, name)) {
      return server->zone->certificate(certificate.index);
    }
  }
  return std::nullopt;
}

bool set_value(ngx_http_variable_value_t& value, ngx_pool_t* pool,
               std::string_view pem) {
  constexpr std::string_view kData = "data:";
  const std::size_t size = kData.size() + pem.size();
  auto* text = static_cast<u_char*>(ngx_pnalloc(pool, size));
  if (text == nullptr) {
    return false;
  }
  kData.copy(reinterpret_cast<char*>(text), kData.size());
  pem.copy(reinterpret_cast<char*>(text) + kData.size(), pem.size());
  value.data = text;
  value.len = static_cast<unsigned>(size) & 0xfffffffU;  // as wide as nginx's
  value.valid = 1;
  value.no_cacheable = 0;
  value.not_found = 0;
  return true;
}

ngx_int_t evaluate(ngx_http_request_t* request,
                   ngx_http_variable_value_t* value, uintptr_t kind) {
  const std::optional<acme::StoredCertificate> certificate =
      certificate_for(request);
  if (!certificate) {
    value->not_found = 1;
    return NGX_OK;
  }
  bool is_set = false;
  if (kind == kCertificate) {
    is_set = set_value(*value, request->pool, certificate->chain.to_pem());
  } else {
    const acme::SecretBytes pem = certificate->key.to_pem();
    is_set = set_value(*value, request->pool,
                       {reinterpret_cast<const char*>(pem.data()), pem.size()});
  }
  return is_set ? NGX_OK : NGX_ERROR;
}

bool add_variable(ngx_conf_t* cf, std::string_view name, Kind kind) noexcept {
  ngx_str_t text = borrow(name);
  ngx_http_variable_t* variable = ngx_http_add_variable(cf, &text, 0);
  if (variable == nullptr) {
    return false;
  }
  variable->get_handler = guarded<evaluate, NGX_ERROR, ngx_http_request_t*,
                                  ngx_http_variable_value_t*, uintptr_t>;
  variable->data = kind;
  return true;
}

}  // namespace

ngx_int_t add_certificate_variables(ngx_conf_t* cf) noexcept {
  return add_variable(cf, "acme_certificate", kCertificate) &&
                 add_variable(cf, "acme_certificate_key", kKey)
             ? NGX_OK
             : NGX_ERROR;
}

}  // namespace ngx_acme
