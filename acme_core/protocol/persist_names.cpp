// SPDX-License-Identifier: BSD-2-Clause
// What a CA is called in DNS records that stay.
#include "acme_core/protocol/persist_names.h"

#include <algorithm>

#include "acme_core/identifier.h"

namespace acme {
namespace {

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// As the other lists spell them; empty when one makes no sense.
std::vector<std::string> normalized(std::vector<std::string> identities) {
  for (std::string& identity : identities) {
    const auto parsed = parse_identifier(
        identity.ends_with('.') ? identity.substr(0, identity.size() - 1)
                                : identity);
    if (!parsed) {
      return {};
    }
    identity = parsed->value;
  }
  return identities;
}

}  // namespace

std::vector<std::string> persist_names(const Directory& directory,
                                       const Challenge& challenge) {
  const std::vector<std::string>& names = challenge.issuer_domain_names;
  if (directory.account_hash_prefix.empty()) {
    return names;
  }
  const std::vector<std::string>& promised = directory.issuer_domain_names;
  const std::vector<std::string> identities =
      normalized(directory.caa_identities);
  const bool is_consistent =
      std::all_of(promised.begin(), promised.end(),
                  [&](const std::string& name) { return has(names, name); }) &&
      (identities.empty() ||
       std::all_of(names.begin(), names.end(), [&](const std::string& name) {
         return has(identities, name);
       }));
  return is_consistent ? names : std::vector<std::string>();
}

}  // namespace acme
