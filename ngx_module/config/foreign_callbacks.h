// SPDX-License-Identifier: BSD-2-Clause
// Other modules that hook into handshakes as we do.
//
// OpenSSL has room for one certificate callback and one client-hello callback
// in a context, and does not tell who set it. The directives that set one are
// known by name: they pass through here on their way to their module.
#pragma once

#include <string>
#include <string_view>

#include "ngx_module/nginx/ngx.h"
#include "ngx_module/nginx/source_line.h"

namespace ngx_acme {

/// A directive that sets a callback.
struct ForeignCallback {
  std::string directive;
  SourceLine where;
};

/// An entry of our directives that remembers the directive `name` of another
/// module in the ServerConf, and has that module carry it out. `name` is a
/// literal; those that end in "_block" have a block.
[[nodiscard]] ngx_command_t passed_on(std::string_view name) noexcept;

}  // namespace ngx_acme
