// SPDX-License-Identifier: BSD-2-Clause
// One issuer of the configuration.
#pragma once

#include <set>
#include <string>

#include "acme_core/engine/plan.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/nginx/source_line.h"

namespace ngx_acme {

/// An acme_issuer block, a built-in issuer that some server uses, or the
/// staging issuer of either.
struct IssuerConf {
  acme::IssuerSpec spec;
  std::string staging_url;   ///< of its CA for tests; empty: there is none
  SourceLine where;          ///< no file: a built-in issuer
  ngx_str_t trusted_file{};  ///< ssl_trusted_certificate
  std::set<std::string> directives;  ///< those its block has
  ngx_path_t* state_path = nullptr;  ///< null with "state_path off"
  SourceLine state_path_where;
  const IssuerConf* staging_of = nullptr;  ///< of a staging issuer
};

}  // namespace ngx_acme
