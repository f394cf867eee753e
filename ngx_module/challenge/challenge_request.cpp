// SPDX-License-Identifier: BSD-2-Clause
// What a CA's HTTP-01 request looks like.
#include "ngx_module/challenge/challenge_request.h"

#include "acme_core/crypto/base64url.h"

namespace ngx_acme {
namespace {

constexpr std::string_view kPrefix = "/.well-known/acme-challenge/";

}  // namespace

bool is_for_challenge(std::string_view path) noexcept {
  return path.starts_with(kPrefix);
}

std::string_view challenge_token(std::string_view path,
                                 std::string_view target) noexcept {
  if (!is_for_challenge(path) || target.substr(0, target.find('?')) != path) {
    return {};
  }
  path.remove_prefix(kPrefix.size());
  return acme::is_token(path) ? path : std::string_view();
}

}  // namespace ngx_acme
