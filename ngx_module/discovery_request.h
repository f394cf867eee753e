// SPDX-License-Identifier: BSD-2-Clause
// What one server asks for, between the two halves of discovery.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "ngx_module/conf.h"
#include "ngx_module/discovery.h"

namespace ngx_acme {

struct Discovery::Request {
  const ngx_http_core_srv_conf_t* server = nullptr;
  bool is_explicit = false;  ///< by acme_certificate
  bool is_rehearsal = false;
  bool partial = true;
  FallbackPolicy fallback = FallbackPolicy::kSelfSigned;
  std::vector<std::string> issuer_names;
  std::vector<std::size_t> issuers;  ///< the same, by index in the plan
  NameList names;
  CertificateOptions options;
  SourceLine where;                        ///< of the directive
  ngx_http_ssl_srv_conf_t* ssl = nullptr;  ///< null: no TLS
};

}  // namespace ngx_acme
