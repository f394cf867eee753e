// SPDX-License-Identifier: BSD-2-Clause
// How a server comes by its certificates, as the ssl module's directives have
// it before that module merges them.
#include "ngx_module/config/certificate_source.h"

#include <algorithm>
#include <string_view>

#include "ngx_module/nginx/http_block.h"
#include "ngx_module/nginx/ngx_compat.h"
#include "ngx_module/nginx/ngx_types.h"

namespace ngx_acme {
namespace {

// The ssl module's value for `ssl_verify_client optional_no_ca`.
constexpr ngx_uint_t kVerifyWithoutCa = 3;

const ngx_array_t* effective(const ngx_array_t* own,
                             const ngx_array_t* inherited) {
  return own == NGX_CONF_UNSET_PTR ? inherited : own;
}

// For numbers and flags.
template <typename Number>
Number effective_number(Number own, Number inherited, Number unset,
                        Number by_default) {
  const Number value = own == unset ? inherited : own;
  return value == unset ? by_default : value;
}

bool is_on(ngx_flag_t own, ngx_flag_t inherited) {
  return effective_number<ngx_flag_t>(own, inherited, NGX_CONF_UNSET, 0) == 1;
}

ngx_uint_t number(ngx_uint_t own, ngx_uint_t inherited) {
  return effective_number<ngx_uint_t>(own, inherited, NGX_CONF_UNSET_UINT, 0);
}

bool has_text(const ngx_str_t& own, const ngx_str_t& inherited) {
  return own.data == nullptr ? inherited.len != 0 : own.len != 0;
}

bool is_only(const ngx_array_t& values, std::string_view variable) {
  return values.nelts == 1 &&
         view(*static_cast<const ngx_str_t*>(values.elts)) == variable;
}

template <typename Predicate>
bool any_value(const ngx_array_t& values, Predicate predicate) {
  const auto [first, last] = elements<ngx_str_t>(values);
  return std::any_of(first, last, predicate);
}

bool has_variables(const ngx_array_t& values) {
  return any_value(values, [](ngx_str_t& value) {
    return ngx_http_script_variables_count(&value) != 0;
  });
}

}  // namespace

CertificateSource certificate_source(const ngx_http_ssl_srv_conf_t& ssl,
                                     const ngx_http_ssl_srv_conf_t& http) {
  const ngx_array_t* certificates =
      effective(ssl.certificates, http.certificates);
  const ngx_array_t* keys =
      effective(ssl.certificate_keys, http.certificate_keys);
  if (certificates == NGX_CONF_UNSET_PTR || certificates == nullptr) {
    return CertificateSource::kNone;
  }
  if (is_only(*certificates, "$acme_certificate") && keys != nullptr &&
      keys != NGX_CONF_UNSET_PTR && is_only(*keys, "$acme_certificate_key")) {
    return CertificateSource::kNone;
  }
  // A key by a variable makes nginx choose at each handshake, too.
  if (!has_variables(*certificates) &&
      (keys == NGX_CONF_UNSET_PTR || keys == nullptr ||
       !has_variables(*keys))) {
    return CertificateSource::kFiles;
  }
  return any_value(*certificates,
                   [](const ngx_str_t& value) {
                     return view(value).find("acme_certificate") !=
                            std::string_view::npos;
                   })
             ? CertificateSource::kOurVariables
             : CertificateSource::kVariables;
}

bool rejects_handshakes(const ngx_http_ssl_srv_conf_t& ssl,
                        const ngx_http_ssl_srv_conf_t& http) {
  return is_on(ssl.reject_handshake, http.reject_handshake);
}

bool compresses_certificates(const ngx_http_ssl_srv_conf_t& ssl,
                             const ngx_http_ssl_srv_conf_t& http) {
  return is_on(certificate_compression(ssl), certificate_compression(http));
}

bool needs_certificate(const ngx_http_core_srv_conf_t& server,
                       const TlsListeners& listeners,
                       const ngx_http_ssl_srv_conf_t& http) {
  const ngx_http_ssl_srv_conf_t& own = ssl_conf(server);
  if (rejects_handshakes(own, http)) {
    return false;
  }
  if (has_ssl_on(own, http)) {
    return true;
  }
  const auto& defaults = listeners.defaults_of(server);
  return std::any_of(
      defaults.begin(), defaults.end(),
      [&](const ngx_http_core_srv_conf_t* other) {
        const ngx_http_ssl_srv_conf_t& ssl = ssl_conf(*other);
        return other == &server ||
               (rejects_handshakes(ssl, http) &&
                certificate_source(ssl, http) == CertificateSource::kNone);
      });
}

std::string why_no_context(const ngx_http_ssl_srv_conf_t& ssl,
                           const ngx_http_ssl_srv_conf_t& http) {
  const ngx_uint_t verify = number(ssl.verify, http.verify);
  const bool has_client_cas =
      has_text(ssl.client_certificate, http.client_certificate) ||
      (kTrustedCertificateVerifiesClients &&
       has_text(ssl.trusted_certificate, http.trusted_certificate));
  if (verify != 0 && verify != kVerifyWithoutCa && !has_client_cas) {
    return "\"ssl_verify_client\" without \"ssl_client_certificate\"";
  }
  if (verify == kVerifyWithoutCa && number(ssl.ocsp, http.ocsp) != 0) {
    return "\"ssl_ocsp\" with \"ssl_verify_client optional_no_ca\"";
  }
  if (is_on(ssl.stapling, http.stapling) &&
      compresses_certificates(ssl, http)) {
    return "\"ssl_stapling\" with \"ssl_certificate_compression\"";
  }
  return {};
}

bool make_empty_lists(ngx_conf_t* cf, ngx_http_ssl_srv_conf_t& ssl) {
  ssl.certificates = ngx_array_create(cf->pool, 1, sizeof(ngx_str_t));
  ssl.certificate_keys = ngx_array_create(cf->pool, 1, sizeof(ngx_str_t));
  return ssl.certificates != nullptr && ssl.certificate_keys != nullptr;
}

}  // namespace ngx_acme
