// SPDX-License-Identifier: BSD-2-Clause
// The acme_issuer block.
#pragma once

#include <string>
#include <vector>

#include "ngx_module/conf.h"
#include "ngx_module/ngx.h"

namespace ngx_acme {

/// Directive handler of `acme_issuer NAME { … }`.
char* acme_issuer(ngx_conf_t* cf, ngx_command_t* command, void* conf);

/// Adds those of the names that are built-in issuers which the operator has not
/// defined.
void add_builtin_issuers(MainConf& main, const std::vector<std::string>& names);

/// Has issuers without DNS providers of their own use those of `acme_dns`. Call
/// once all of the http block has been read.
void share_dns_providers(const MainConf& main);

/// The issuer's own CA for tests, made when it is first asked for; nullptr when
/// none is known.
[[nodiscard]] IssuerConf* staging_twin(MainConf& main,
                                       const IssuerConf& issuer);

/// Where the state of an issuer without `state_path` is.
[[nodiscard]] std::string default_state_path(const std::string& issuer);

/// Fills in what issuers leave open, once the http block is complete: contacts,
/// state path, account key. Throws acme::Error.
void complete_issuers(ngx_conf_t* cf, const MainConf& main);

}  // namespace ngx_acme
