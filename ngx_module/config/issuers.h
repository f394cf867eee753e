// SPDX-License-Identifier: BSD-2-Clause
// The issuers of a configuration: those it has, those it names without an
// acme_issuer block, and what they leave open.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/engine/builtin_issuers.h"
#include "ngx_module/config/main_conf.h"
#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// Naming a built-in issuer agrees to its terms of service.
void use_builtin(IssuerConf& issuer, const acme::BuiltinIssuer& builtin);

/// Of a CA that is known by its URL.
void set_known_staging_url(IssuerConf& issuer);

/// Adds those of the names that are built-in issuers which the operator has not
/// defined.
void add_builtin_issuers(MainConf& main, const std::vector<std::string>& names);

/// Has issuers without DNS providers of their own use those of `acme_dns`. Call
/// once all of the http block has been read.
void share_dns_providers(const MainConf& main);

/// Those that a server names, by index in the plan; with `is_dry_run` their
/// CAs for tests. nullopt: the configuration is refused, as the line `where`
/// asks for one that there is not.
[[nodiscard]] std::optional<std::vector<std::size_t>> find_issuers(
    ngx_conf_t* cf, MainConf& main, const std::vector<std::string>& names,
    bool is_dry_run, const SourceLine& where);

/// A path of `state_path`, in the folder of the packager's choice.
[[nodiscard]] std::string in_state_prefix(std::string_view path);

/// Where the state of an issuer without `state_path` is.
[[nodiscard]] std::string default_state_path(const std::string& issuer);

/// Fills in what issuers leave open, once the http block is complete: contacts,
/// state path, account key. Throws acme::Error.
void complete_issuers(ngx_conf_t* cf, const MainConf& main);

/// Remembers where the certificates of issuers may be that are not configured
/// any more: of the running configuration, and the built-in ones'. Call when
/// the plan's issuers are complete.
void remember_former_issuers(MainConf& main);

/// Takes state paths from nginx that lead through a link which somebody else
/// than root may have made: nginx makes its paths the worker user's, wherever
/// such a link leads.
void distrust_links(ngx_conf_t* cf, const MainConf& main);

/// Has nginx make the state directories. False without memory, or when two
/// lines want a path in different ways.
[[nodiscard]] bool add_state_paths(ngx_conf_t* cf, const MainConf& main);

/// Where the issuer is said; a built-in one stands nowhere, and its first
/// certificate does.
[[nodiscard]] SourceLine place_of(const MainConf& main,
                                  const IssuerConf& issuer);

}  // namespace ngx_acme
