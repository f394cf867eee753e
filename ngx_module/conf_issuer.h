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

/// Fills in what an issuer leaves open, once the http block is complete:
/// contacts, state path, account key. Throws acme::Error.
void complete_issuer(ngx_conf_t* cf, const MainConf& main, IssuerConf& issuer);

/// False after an [emerg] line when two complete issuers would write into the
/// same state directory.
[[nodiscard]] bool have_own_state_paths(const ngx_conf_t* cf,
                                        const MainConf& main);

}  // namespace ngx_acme
