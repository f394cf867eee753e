// SPDX-License-Identifier: BSD-2-Clause
// How a certificate there is compares with the one the configuration wishes.
#include "acme_core/engine/fitness.h"

#include <algorithm>

namespace acme {

bool is_fit(const VerifiedPair& pair, const CertificateSpec& spec) {
  const CertificateFacts& facts = pair.facts;
  return facts.key == to_string(spec.key_type) &&
         std::all_of(spec.identifiers.begin(), spec.identifiers.end(),
                     [&](const Identifier& identifier) {
                       return std::find(facts.identifiers.begin(),
                                        facts.identifiers.end(),
                                        identifier.value) !=
                              facts.identifiers.end();
                     });
}

std::string why_unfit(const StoredCertificate& certificate,
                      const CertificateSpec& spec) {
  if (!certificate.chain.matches(certificate.key)) {
    return "does not match its private key";
  }
  if (certificate.key.type() != spec.key_type) {
    return "has a key of another type";
  }
  if (!certificate.chain.covers(spec.identifiers)) {
    return "does not cover every name";
  }
  if (!certificate.chain.is_linked()) {
    return "is not signed by the next one of its chain";
  }
  return {};
}

}  // namespace acme
