// SPDX-License-Identifier: BSD-2-Clause
// Plain HTTP requests for managed names are sent to https.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ngx_module/ngx.h"
#include "ngx_module/string_hash.h"
#include "ngx_module/tls_certificate.h"
#include "ngx_module/wildcard_name.h"

namespace ngx_acme {

enum class RedirectPolicy { kOff, kPermanent, kTemporary };

/// Where a name is served over TLS.
class HttpsNames {
 public:
  struct Place {
    TlsServer* server = nullptr;
    in_port_t port = 443;
  };

  /// Of several servers with the name, the first counts, as in nginx.
  void add(const std::string& name, Place place) {
    places_.try_emplace(name, place);
  }
  /// By the name itself, or by the wildcard that covers it.
  [[nodiscard]] const Place* find(std::string_view name) const noexcept {
    return find_covering(places_, name);
  }

 private:
  NameMap<Place> places_;
};

/// Answers a request that came over plain HTTP for a name whose certificate is
/// served by sending it to https: the status for nginx's phase engine, or
/// NGX_DECLINED.
[[nodiscard]] ngx_int_t redirect_to_https(ngx_http_request_t* request,
                                          const HttpsNames& names,
                                          RedirectPolicy policy) noexcept;

}  // namespace ngx_acme
