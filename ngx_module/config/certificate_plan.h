// SPDX-License-Identifier: BSD-2-Clause
// Which certificates the managed servers have: servers with equal names, first
// issuer and key type share one.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "acme_core/engine/plan.h"
#include "ngx_module/config/managed_server.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/nginx/source_line.h"
#include "ngx_module/serve/tls_key_fit.h"

namespace ngx_acme {

/// Certificates for the same names, which differ in their keys only.
struct CertificateGroup {
  std::vector<std::size_t> certificates;  ///< by index in the plan
  bool is_explicit = false;               ///< by acme_certificate
  SourceLine where;
  std::string why_keys;  ///< why these keys; empty: nothing special
};

class CertificatePlan {
 public:
  /// Has the server's parts have their certificates. `fit`: what its TLS
  /// context can use; nullptr: it has none.
  void add(ngx_conf_t* cf, const ManagedServer& managed, KeyFit* fit);

  [[nodiscard]] std::vector<acme::CertificateSpec> take_certificates() {
    return std::move(certificates_);
  }
  [[nodiscard]] const std::vector<CertificateGroup>& groups() const noexcept {
    return groups_;
  }

 private:
  void warn_of_unusable_keys(ngx_conf_t* cf, const ManagedServer& managed,
                             KeyFit& fit);
  [[nodiscard]] std::pair<std::size_t, bool> share_or_add(
      ngx_conf_t* cf, acme::CertificateSpec spec, const SourceLine& where);

  /// Directives whose keys have been warned of.
  std::set<SourceLine> warned_of_keys_;
  std::vector<acme::CertificateSpec> certificates_;
  std::vector<SourceLine> places_;  ///< of their first directives
  std::vector<CertificateGroup> groups_;
  std::map<std::tuple<std::size_t, std::set<acme::Identifier>, acme::KeyType>,
           std::size_t>
      known_;
};

}  // namespace ngx_acme
