// SPDX-License-Identifier: BSD-2-Clause
// The digests ACME and the state directory need.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace acme {

[[nodiscard]] std::array<std::uint8_t, 32> sha256(std::string_view data);

/// Where others name things by it: Redis its scripts. Not for security.
[[nodiscard]] std::array<std::uint8_t, 20> sha1(std::string_view data);

/// HMAC with SHA-256 (RFC 2104), JOSE's "HS256".
[[nodiscard]] std::array<std::uint8_t, 32> hmac_sha256(
    std::span<const std::uint8_t> key, std::string_view data);

enum class HmacHash { kSha256, kSha384, kSha512 };

/// HMAC with one of them, as DNS signatures use it (RFC 8945 section 6).
[[nodiscard]] std::vector<std::uint8_t> hmac(HmacHash hash,
                                             std::span<const std::uint8_t> key,
                                             std::string_view data);

/// Compares in a time that tells nothing of the contents.
[[nodiscard]] bool are_same_secret(
    std::span<const std::uint8_t> one,
    std::span<const std::uint8_t> other) noexcept;

/// SipHash-2-4 with an all-zero key and 64-bit output, as the names of state
/// files use it. Not for anything an attacker must not predict.
[[nodiscard]] std::uint64_t siphash24(std::span<const std::uint8_t> data);

}  // namespace acme
