// SPDX-License-Identifier: BSD-2-Clause
// Plain HTTP requests for managed names are sent to https.
#pragma once

#include <string>
#include <string_view>

#include "ngx_module/nginx/ngx.h"
#include "ngx_module/nginx/string_hash.h"
#include "ngx_module/serve/https_port.h"
#include "ngx_module/serve/tls_server.h"

namespace ngx_acme {

enum class RedirectPolicy { kOff, kPermanent, kTemporary };

/// Where names are served over TLS, by whatever server.
class HttpsNames {
 public:
  struct Place {
    TlsServer* server = nullptr;  ///< null: not ours, with a certificate
    HttpsPort port;
  };

  /// Of several servers with the name, the one counts whose port a browser
  /// finds best; of equals the first, as in nginx.
  void add(const std::string& name, Place place);

  /// By the name itself, or by the wildcard that covers it. nullptr: no server
  /// of ours has the name, or a browser finds none of them.
  [[nodiscard]] const Place* find(std::string_view name) const noexcept;

 private:
  struct Known {
    Place best;
    bool is_managed = false;  ///< by one of the servers that have it
  };
  NameMap<Known> places_;
};

/// Answers a request that came over plain HTTP for a name whose certificate is
/// served by sending it to https: the status for nginx's phase engine, or
/// NGX_DECLINED.
[[nodiscard]] ngx_int_t redirect_to_https(ngx_http_request_t* request,
                                          const HttpsNames& names,
                                          RedirectPolicy policy) noexcept;

}  // namespace ngx_acme
