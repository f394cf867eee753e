// SPDX-License-Identifier: BSD-2-Clause
// What identifies a certificate over reloads.
#include "ngx_module/shared/certificate_key.h"

namespace ngx_acme {

std::vector<std::string> certificate_keys(const acme::Plan& plan) {
  std::vector<std::string> keys;
  keys.reserve(plan.certificates.size());
  for (const acme::CertificateSpec& spec : plan.certificates) {
    const acme::IssuerSpec& issuer = plan.issuers[spec.issuer()];
    // A dry run serves what the issuer has issued that it stands in for.
    keys.push_back((issuer.dry_run ? issuer.dry_run->issuer : issuer.name) +
                   "/" + spec.storage_name());
  }
  return keys;
}

}  // namespace ngx_acme
