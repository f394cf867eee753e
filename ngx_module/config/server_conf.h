// SPDX-License-Identifier: BSD-2-Clause
// What the directives of one level say, http or server.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "acme_core/challenge/challenge_type.h"
#include "acme_core/crypto/private_key.h"
#include "ngx_module/config/foreign_callbacks.h"
#include "ngx_module/config/server_names.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/nginx/source_line.h"
#include "ngx_module/serve/fallback_certificate.h"
#include "ngx_module/serve/https_redirect.h"

namespace ngx_acme {

/// What `acme` and `acme_certificate` may both say.
struct CertificateOptions {
  /// One certificate for each; of different algorithms. Empty: what suits the
  /// server's TLS settings.
  std::vector<acme::KeyType> key_types;
  std::vector<acme::ChallengeType> challenges;  ///< empty: the issuer's
};

struct ServerConf {
  enum class Mode { kUnset, kOff, kOn };

  Mode mode = Mode::kUnset;          ///< of `acme`
  std::vector<std::string> issuers;  ///< of kOn, in order of preference
  CertificateOptions options;
  SourceLine where;

  struct Certificate {
    std::vector<std::string> issuers;  ///< in order of preference
    NameList names;
    bool has_names = false;  ///< else they come from server_name
    CertificateOptions options;
    SourceLine where;
  };
  std::optional<Certificate> certificate;  ///< acme_certificate

  std::optional<bool> dry_run;
  std::optional<FallbackPolicy> fallback;
  std::optional<bool> partial;
  std::optional<RedirectPolicy> redirect;
  /// The value of Strict-Transport-Security; empty: `acme_hsts off`.
  std::optional<std::string> hsts;

  /// Directives of other modules.
  std::optional<ForeignCallback> certificate_callback;
  std::optional<ForeignCallback> client_hello_callback;

  bool is_told = false;  ///< `acme` manages nothing here, and has said so
  bool is_self_signed_for_good = false;  ///< and has warned of that
};

[[nodiscard]] inline ServerConf& server_conf(void* const* srv_conf) noexcept {
  return *static_cast<ServerConf*>(srv_conf[ngx_http_acme_module.ctx_index]);
}
[[nodiscard]] inline ServerConf& server_conf(
    const ngx_http_core_srv_conf_t& server) noexcept {
  return server_conf(server.ctx->srv_conf);
}

}  // namespace ngx_acme
