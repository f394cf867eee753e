// SPDX-License-Identifier: BSD-2-Clause
// The CAs that need no acme_issuer block, and what is known about them.
#include "acme_core/engine/builtin_issuers.h"

#include <algorithm>

namespace acme {
namespace {

template <typename Predicate>
const BuiltinIssuer* find(Predicate predicate) noexcept {
  const auto* const found =
      std::find_if(kBuiltinIssuers.begin(), kBuiltinIssuers.end(), predicate);
  return found == kBuiltinIssuers.end() ? nullptr : found;
}

bool is_lets_encrypt(const IssuerSpec& issuer) noexcept {
  const BuiltinIssuer* lets_encrypt = find_builtin("letsencrypt");
  return issuer.directory_url == lets_encrypt->directory_url ||
         issuer.directory_url == lets_encrypt->staging_url;
}

}  // namespace

const BuiltinIssuer* find_builtin(std::string_view name) noexcept {
  return find(
      [name](const BuiltinIssuer& known) { return known.name == name; });
}

const BuiltinIssuer* find_builtin_url(std::string_view directory_url) noexcept {
  return find([directory_url](const BuiltinIssuer& known) {
    return known.directory_url == directory_url;
  });
}

std::size_t most_identifiers(const IssuerSpec& issuer) noexcept {
  constexpr std::size_t kUsual = 100;
  constexpr std::size_t kSmallProfiles = 25;
  return is_lets_encrypt(issuer) && (issuer.profile == "tlsserver" ||
                                     issuer.profile == "shortlived")
             ? kSmallProfiles
             : kUsual;
}

}  // namespace acme
