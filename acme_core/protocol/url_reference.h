// SPDX-License-Identifier: BSD-2-Clause
// Relative references to a CA's other resources (RFC 3986 section 5).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace acme {

/// The https URL that `reference`, from a header field of the answer to a
/// request for `request_url`, leads to, without a fragment; nullopt when it is
/// none or has characters that no URL has.
[[nodiscard]] std::optional<std::string> resolve_reference(
    std::string_view reference, std::string_view request_url);

}  // namespace acme
