// SPDX-License-Identifier: BSD-2-Clause
// The acme_issuer block.
#pragma once

#include "ngx_module/conf.h"
#include "ngx_module/ngx.h"

namespace ngx_acme {

/// Directive handler of `acme_issuer NAME { … }`.
char* acme_issuer(ngx_conf_t* cf, ngx_command_t* command, void* conf);

/// Adds the built-in issuer of that name, when there is one and the operator
/// has not defined it.
void add_builtin_issuer(MainConf& main, const std::string& name);

/// Fills in what an issuer leaves open, once the http block is complete:
/// contacts, state path, account key. Throws acme::Error.
void complete_issuer(ngx_conf_t* cf, const MainConf& main, IssuerConf& issuer);

}  // namespace ngx_acme
