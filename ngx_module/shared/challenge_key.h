// SPDX-License-Identifier: BSD-2-Clause
// The name under which an HTTP-01 answer is kept. Knows nothing of nginx, so
// that it can be fuzzed.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace ngx_acme {

/// A host name or address as identifiers spell it. Without memory of the heap:
/// workers make one for each request.
class ChallengeHost {
 public:
  /// `host` as nginx has it: in lower case, without port, an IPv6 address in
  /// brackets and in any spelling. Empty when it cannot be an identifier.
  explicit ChallengeHost(std::string_view host) noexcept;

  [[nodiscard]] std::string_view value() const noexcept {
    return {text_.data(), size_};
  }

 private:
  static constexpr std::size_t kLongest = 253;  // RFC 1035 section 2.3.4

  std::array<char, kLongest> text_;
  std::size_t size_ = 0;
};

/// The name under which a live answer is kept: token and host, so that a tenant
/// of the server sees the answers for its own names only.
class ChallengeKey {
 public:
  /// `token` by is_token(), `host` of at most 253 bytes; empty for the answers
  /// that every host gives. What is longer makes an empty key.
  ChallengeKey(std::string_view token, std::string_view host) noexcept;

  [[nodiscard]] std::string_view value() const noexcept {
    return {text_.data(), size_};
  }

 private:
  static constexpr std::size_t kLongest = 128 + 1 + 253;

  std::array<char, kLongest> text_;
  std::size_t size_ = 0;
};

}  // namespace ngx_acme
