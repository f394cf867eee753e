// SPDX-License-Identifier: BSD-2-Clause
// Bytes as hexadecimal digits, in lower case. For nothing secret.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace acme {

[[nodiscard]] inline std::string to_hex(std::span<const std::uint8_t> bytes) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const std::uint8_t byte : bytes) {
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 0xfU];
  }
  return text;
}

}  // namespace acme
