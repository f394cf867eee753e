// SPDX-License-Identifier: BSD-2-Clause
// What a CA's ClientHello looks like for TLS-ALPN-01.
#include "ngx_module/challenge/client_hello.h"

#include <algorithm>
#include <cstddef>

#include "acme_core/ascii.h"

namespace ngx_acme {
namespace {

// RFC 7301 section 3.1: the size of the list, the size of the name, the name.
constexpr std::string_view kOffer{
    "\0\x0b\x0a"
    "acme-tls/1",
    13};
static_assert(kOffer.ends_with(kAcmeTls));

std::size_t size_at(std::string_view bytes, std::size_t position) noexcept {
  return static_cast<std::size_t>(static_cast<unsigned char>(bytes[position]))
             << 8 |
         static_cast<unsigned char>(bytes[position + 1]);
}

}  // namespace

bool offers_only_acme_tls(std::string_view extension) noexcept {
  return extension == kOffer;
}

std::string server_name(std::string_view extension) {
  // Size of the list, type, size of the name.
  constexpr std::size_t kHeader = 5;
  constexpr std::size_t kLongestName = 255;
  constexpr char kHostName = 0;
  if (extension.size() <= kHeader ||
      extension.size() > kHeader + kLongestName ||
      size_at(extension, 0) != extension.size() - 2 ||
      extension[2] != kHostName ||
      size_at(extension, 3) != extension.size() - kHeader) {
    return {};
  }
  std::string name(extension.substr(kHeader));
  std::transform(name.begin(), name.end(), name.begin(), acme::to_lower);
  return name;
}

}  // namespace ngx_acme
