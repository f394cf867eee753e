// SPDX-License-Identifier: BSD-2-Clause
// Whether a certificate may be served for names.
#include "acme_core/storage/fitness.h"

#include <algorithm>
#include <string_view>

namespace acme {
namespace {

bool contains(std::span<const std::string> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Why it cannot be served to anybody, or "".
std::string why_broken(const StoredCertificate& certificate) {
  if (!certificate.chain.matches(certificate.key)) {
    return "does not match its private key";
  }
  if (!certificate.chain.is_linked()) {
    return "is not signed by the next one of its chain";
  }
  return {};
}

}  // namespace

std::string why_unfit(const StoredCertificate& certificate,
                      std::span<const Identifier> identifiers,
                      KeyType key_type) {
  if (!certificate.chain.matches(certificate.key)) {
    return "does not match its private key";
  }
  if (certificate.key.type() != key_type) {
    return "has a key of another type";
  }
  if (!certificate.chain.covers(identifiers)) {
    return "does not cover every name";
  }
  return why_broken(certificate);
}

std::string why_unusable(const StoredCertificate& certificate,
                         std::span<const Identifier> identifiers) {
  std::string why = why_broken(certificate);
  if (why.empty() &&
      uncovered(identifiers, names_of(certificate.chain)).size() ==
          identifiers.size()) {
    why = "covers none of the names";
  }
  return why;
}

bool is_covered(const Identifier& identifier,
                std::span<const std::string> names) {
  const std::string& name = identifier.value;
  const std::size_t dot = name.find('.');
  return contains(names, name) ||
         (identifier.type == Identifier::Type::kDns &&
          !identifier.is_wildcard() && dot != std::string::npos && dot != 0 &&
          contains(names, "*" + name.substr(dot)));
}

std::vector<std::string> uncovered(std::span<const Identifier> identifiers,
                                   std::span<const std::string> names) {
  std::vector<std::string> missing;
  for (const Identifier& identifier : identifiers) {
    if (!is_covered(identifier, names)) {
      missing.push_back(identifier.value);
    }
  }
  return missing;
}

std::vector<std::string> names_of(const CertificateChain& chain) {
  std::vector<std::string> names;
  for (const Identifier& identifier : chain.identifiers()) {
    names.push_back(identifier.value);
  }
  return names;
}

}  // namespace acme
