// SPDX-License-Identifier: BSD-2-Clause
// The digests ACME and the state directory need.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace acme {

[[nodiscard]] std::array<std::uint8_t, 32> sha256(std::string_view data);

/// HMAC with SHA-256 (RFC 2104), JOSE's "HS256".
[[nodiscard]] std::array<std::uint8_t, 32> hmac_sha256(
    std::span<const std::uint8_t> key, std::string_view data);

/// SipHash-2-4 with an all-zero key and 64-bit output, as the names of state
/// files use it. Not for anything an attacker must not predict.
[[nodiscard]] std::uint64_t siphash24(std::span<const std::uint8_t> data);

}  // namespace acme
