// SPDX-License-Identifier: BSD-2-Clause
// base64url without padding, the encoding of JOSE (RFC 7515 section 2).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace acme {

[[nodiscard]] std::string base64url_encode(std::span<const std::uint8_t> data);
[[nodiscard]] std::string base64url_encode(std::string_view data);

/// Strict: nullopt for padding, foreign characters, impossible lengths, or
/// non-zero bits behind the last byte.
[[nodiscard]] std::optional<std::vector<std::uint8_t>> base64url_decode(
    std::string_view text);

/// True for a non-empty string of the base64url alphabet of at most 128
/// characters: what an ACME token may be (RFC 8555 section 8.1).
[[nodiscard]] bool is_token(std::string_view text) noexcept;

}  // namespace acme
