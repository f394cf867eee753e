// SPDX-License-Identifier: BSD-2-Clause
// The name under which an HTTP-01 answer is kept.
#include "ngx_module/shared/challenge_key.h"

#include <arpa/inet.h>
#include <netinet/in.h>

namespace ngx_acme {
namespace {

// The canonical text (RFC 5952) of an address between brackets into `out`; 0
// when it is none.
std::size_t write_address(std::string_view text, char* out) noexcept {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  in6_addr address{};
  if (text.size() >= terminated.size()) {
    return 0;
  }
  text.copy(terminated.data(), text.size());
  // What nginx let pass has no zero byte, which would end it early.
  if (text.find('\0') != std::string_view::npos ||
      inet_pton(AF_INET6, terminated.data(), &address) != 1 ||
      inet_ntop(AF_INET6, &address, terminated.data(), terminated.size()) ==
          nullptr) {
    return 0;
  }
  const std::string_view canonical(terminated.data());
  return canonical.copy(out, canonical.size());
}

}  // namespace

// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): size_ says how much
ChallengeHost::ChallengeHost(std::string_view host) noexcept {
  if (host.starts_with('[')) {
    host.remove_prefix(1);
    if (host.ends_with(']')) {
      host.remove_suffix(1);
      size_ = write_address(host, text_.data());
    }
  } else if (host.size() <= text_.size()) {
    size_ = host.copy(text_.data(), host.size());
  }
}

// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): size_ says how much
ChallengeKey::ChallengeKey(std::string_view token,
                           std::string_view host) noexcept {
  if (token.empty() || token.size() + 1 + host.size() > text_.size()) {
    return;
  }
  // No token has a slash, so that no two pairs share a key.
  size_ = token.copy(text_.data(), token.size());
  text_[size_++] = '/';
  size_ += host.copy(text_.data() + size_, host.size());
}

}  // namespace ngx_acme
