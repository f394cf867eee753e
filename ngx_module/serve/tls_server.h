// SPDX-License-Identifier: BSD-2-Clause
// What one server shows, and which of its certificates is for whom.
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "acme_core/crypto/openssl.h"
#include "acme_core/crypto/private_key.h"
#include "acme_core/identifier.h"
#include "ngx_module/nginx/string_hash.h"
#include "ngx_module/serve/fallback_certificate.h"
#include "ngx_module/serve/tls_coverage.h"
#include "ngx_module/serve/tls_derived.h"
#include "ngx_module/serve/tls_key_fit.h"

namespace ngx_acme {

class CertificateZone;
class SpareCertificates;
class StatusZone;

/// What serves one set of names: one certificate of the zone, or two whose keys
/// are of different algorithms. Each worker has its own copy after the fork.
struct TlsPart {
  struct Certificate {
    std::size_t index = 0;  ///< in the plan
    /// The generation this worker has looked at; 0: none.
    std::uint64_t installed = 0;
    /// The leaf that it put into the SSL_CTX; null before the first.
    acme::X509Ptr leaf;
    /// It is in the part's `aside`.
    bool is_aside = false;
    /// In which versions of TLS some client can use it.
    TlsVersions versions = TlsVersions::kAll;
    CompressedForms compressed;
    /// The generation whose names are known, and they.
    std::uint64_t known = 0;
    Coverage coverage;
  };

  std::array<Certificate, 2> slots;
  std::size_t count = 0;  ///< of the slots in use
  std::vector<acme::Identifier> identifiers;
  /// The context also holds certificates of the operator, which serve until
  /// ours are ready and must not be chosen afterwards.
  bool has_foreign_certificates = false;
  /// Some certificate that was put into the context lacks a name.
  bool is_partial = false;
  /// Where certificates are kept; null: in the server's own context.
  acme::SslCtxPtr context;
  /// Has those of ours that lack a name, beside certificates of the operator
  /// that may have it; null: there are none.
  acme::SslCtxPtr aside;
  /// What is shown until there is a certificate.
  FallbackCertificate fallback;

  void add(std::size_t index) { slots.at(count++).index = index; }
  [[nodiscard]] std::span<Certificate> certificates() noexcept {
    return std::span(slots).first(count);
  }
  [[nodiscard]] std::span<const Certificate> certificates() const noexcept {
    return std::span(slots).first(count);
  }
};

/// The certificates of one server. A server that has more names than a CA takes
/// in one order has several parts. Lives in the configuration.
struct TlsServer {
  const CertificateZone* zone = nullptr;
  SpareCertificates* spares = nullptr;
  /// Is told what this worker has installed; null: nobody wants to know.
  StatusZone* status = nullptr;
  /// The first one serves clients that ask for no name of another. Never empty.
  std::vector<TlsPart> parts;
  FallbackPolicy fallback_policy = FallbackPolicy::kSelfSigned;
  const acme::PrivateKey* fallback_key = nullptr;
  /// Which keys the server's settings can use; null: there is no context.
  KeyFit* key_fit = nullptr;
  bool compresses = false;  ///< with `ssl_certificate_compression on`

  /// The part for a client that asks for `name`, which may have it by itself or
  /// by a wildcard.
  [[nodiscard]] TlsPart& part_for(std::string_view name) noexcept;
  /// Has names of parts other than the first found. Call when all are there.
  void index_names();

  /// Whether a pair of the zone is for clients that ask for `name`. Throws
  /// std::bad_alloc.
  [[nodiscard]] bool serves(TlsPart& part, TlsPart::Certificate& certificate,
                            std::string_view name) const;

  /// True when a client that asks for `name` gets a certificate that is not
  /// made up here: ours, or the operator's own.
  [[nodiscard]] bool has_certificate(std::string_view name) noexcept;

 private:
  NameMap<std::size_t> part_of_;
};

}  // namespace ngx_acme
