// SPDX-License-Identifier: BSD-2-Clause
// Certificates that were issued for other servers than there are now.
#include "ngx_module/serve/tls_spare_certificates.h"

#include <algorithm>
#include <span>
#include <utility>

#include "acme_core/crypto/certificate.h"
#include "acme_core/identifier.h"
#include "acme_core/storage/fitness.h"
#include "ngx_module/shared/certificate_zone.h"

namespace ngx_acme {

const SpareCertificates::Spare* SpareCertificates::find(std::string_view name) {
  if (!spares_) {
    spares_.emplace();
    for (const CopiedPair& pair : zone_.spares()) {
      auto parsed = parse(pair);
      const auto chain =
          acme::CertificateChain::from_der(std::span(pair.chain).first(1));
      if (parsed && chain) {
        spares_->push_back({std::move(*parsed), acme::names_of(*chain)});
      }
    }
  }
  if (spares_->empty()) {
    return nullptr;
  }
  const auto asked = acme::parse_identifier(name);
  if (!asked) {
    return nullptr;
  }
  const auto found =
      std::find_if(spares_->begin(), spares_->end(), [&](const Spare& spare) {
        return acme::is_covered(*asked, spare.names) &&
               !has_expired(spare.pair.leaf.get());
      });
  return found == spares_->end() ? nullptr : &*found;
}

bool SpareCertificates::show(SSL* ssl, std::string_view name) {
  const Spare* spare = find(name);
  if (spare == nullptr) {
    return false;
  }
  SSL_certs_clear(ssl);
  return SSL_use_cert_and_key(ssl, spare->pair.leaf.get(),
                              spare->pair.key.get(), spare->pair.issuers.get(),
                              1) == 1;
}

}  // namespace ngx_acme
