// SPDX-License-Identifier: BSD-2-Clause
// base64url without padding (RFC 7515 section 2, RFC 4648 section 5).
#include "acme_core/crypto/base64url.h"

#include <algorithm>
#include <array>

#include "acme_core/secret.h"

namespace acme {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kForeign = 0xff;
constexpr std::size_t kLongestToken = 128;

constexpr std::array<std::uint8_t, 256> make_values() {
  std::array<std::uint8_t, 256> values{};
  values.fill(kForeign);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] =
        static_cast<std::uint8_t>(i);
  }
  return values;
}

constexpr std::array<std::uint8_t, 256> kValues = make_values();

std::uint8_t value_of(char c) noexcept {
  return kValues[static_cast<unsigned char>(c)];
}

bool is_foreign(char c) noexcept { return value_of(c) == kForeign; }

}  // namespace

std::string base64url_encode(std::span<const std::uint8_t> data) {
  std::string text;
  text.reserve((data.size() * 4 + 2) / 3);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const std::uint8_t byte : data) {
    bits = (bits << 8) | byte;
    count += 8;
    while (count >= 6) {
      count -= 6;
      text += kAlphabet[(bits >> count) & 0x3f];
    }
  }
  if (count > 0) {
    text += kAlphabet[(bits << (6 - count)) & 0x3f];
  }
  return text;
}

std::string base64url_encode(std::string_view data) {
  return base64url_encode(std::span(
      reinterpret_cast<const std::uint8_t*>(data.data()), data.size()));
}

std::optional<std::vector<std::uint8_t>> base64url_decode(
    std::string_view text) {
  if (text.size() % 4 == 1) {
    return std::nullopt;
  }
  std::vector<std::uint8_t> data;
  data.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  unsigned count = 0;
  if (std::any_of(text.begin(), text.end(), is_foreign)) {
    return std::nullopt;  // before any of what may be a secret is copied
  }
  for (const char c : text) {
    bits = (bits << 6) | value_of(c);
    count += 6;
    if (count >= 8) {
      count -= 8;
      data.push_back(static_cast<std::uint8_t>(bits >> count));
    }
  }
  // Two texts must not stand for the same bytes.
  if ((bits & ((1U << count) - 1)) != 0) {
    wipe(data.data(), data.size());
    return std::nullopt;
  }
  return data;
}

bool is_token(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kLongestToken &&
         std::none_of(text.begin(), text.end(), is_foreign);
}

}  // namespace acme
