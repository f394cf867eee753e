// SPDX-License-Identifier: BSD-2-Clause
// The operator's own certificates, as nginx has loaded them.
#pragma once

#include <openssl/ssl.h>

#include <string>
#include <vector>

#include "acme_core/crypto/certificate.h"

namespace ngx_acme {

struct StaticCertificate {
  /// Where it was loaded from; "data:" for one within the configuration.
  std::string file;
  acme::CertificateChain chain;
};

/// Those of a context that nginx has made from the configuration; what OpenSSL
/// cannot read again is left out. Throws std::bad_alloc.
[[nodiscard]] std::vector<StaticCertificate> static_certificates(
    SSL_CTX* context);

/// As it says itself: "OpenSSL 3.0.15 3 Sep 2024".
[[nodiscard]] std::string tls_library_version();

}  // namespace ngx_acme
