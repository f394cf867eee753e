// SPDX-License-Identifier: BSD-2-Clause
// What a certificate's status is, by the Online Certificate Status Protocol
// (RFC 6960, in the profile of RFC 5019): the question, and a responder's
// answer, which a server shows to its clients.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/crypto/certificate.h"
#include "acme_core/crypto/openssl.h"
#include "acme_core/time_point.h"

namespace acme {

/// In bytes. A response with its signer's certificates takes 2 KB, or five with
/// keys of 4096 bits.
inline constexpr std::size_t kLargestOcspResponse = std::size_t{16} << 10;

enum class OcspStatus { kGood, kRevoked, kUnknown };

/// What a responder has said of a certificate.
struct OcspAnswer {
  OcspStatus status = OcspStatus::kUnknown;
  TimePoint this_update;  ///< since when the responder has known it
  /// Until when clients believe it. A response that does not say so is believed
  /// for a day.
  TimePoint next_update;
  std::string revoked_why;  ///< RFC 5280 section 5.3.1: "keyCompromise"; or ""
  TimePoint revoked_at;     ///< of a certificate that is revoked
};

/// What was made of a response: an answer, or a reason why it has none.
struct OcspReading {
  std::optional<OcspAnswer> answer;
  std::string problem;
};

/// One certificate, and the authority that answers for it.
class OcspQuestion {
 public:
  /// About the chain's leaf. Its issuer is the next one of the chain, or else
  /// one of `more_issuers`, certificates in PEM. nullopt when there is none.
  [[nodiscard]] static std::optional<OcspQuestion> about(
      const CertificateChain& chain, std::string_view more_issuers = {});

  /// Where the certificate says that it is to be asked; "" when it does not.
  [[nodiscard]] std::string responder() const;

  /// In DER. Without a nonce, so that answers can be kept for many to see.
  [[nodiscard]] std::vector<std::uint8_t> request() const;

  /// Reads bytes of anybody. An answer is signed by the issuer, or by whom the
  /// issuer has let sign for it; it is about this certificate; and at `now` it
  /// has begun, give or take five minutes, and has not ended.
  [[nodiscard]] OcspReading read(std::span<const std::uint8_t> response,
                                 TimePoint now) const;

 private:
  OcspQuestion(X509Ptr leaf, X509Ptr issuer)
      : leaf_(std::move(leaf)), issuer_(std::move(issuer)) {}

  X509Ptr leaf_;
  X509Ptr issuer_;
};

/// The serial numbers of the certificates that a response is about, in
/// lower-case hexadecimal; nullopt when it is no response. Verifies nothing.
[[nodiscard]] std::optional<std::vector<std::string>> ocsp_serials(
    std::span<const std::uint8_t> response);

}  // namespace acme
