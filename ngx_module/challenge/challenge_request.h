// SPDX-License-Identifier: BSD-2-Clause
// What a CA's HTTP-01 request looks like (RFC 8555 section 8.3). Knows nothing
// of nginx, so that it can be fuzzed.
#pragma once

#include <string_view>

namespace ngx_acme {

/// True for the paths at which CAs look.
[[nodiscard]] bool is_for_challenge(std::string_view path) noexcept;

/// The token that is asked for; empty when it is none of ours. `path` is what
/// nginx made of `target`, the request's own words: a path that had to be
/// decoded or tidied up is no CA's, since tokens need no escapes.
[[nodiscard]] std::string_view challenge_token(
    std::string_view path, std::string_view target) noexcept;

}  // namespace ngx_acme
