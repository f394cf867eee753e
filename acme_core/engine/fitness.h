// SPDX-License-Identifier: BSD-2-Clause
// How a certificate there is compares with the one the configuration wishes.
//
// What is unusable is never served. What is outdated is served until there is
// what is wished; what is fit is kept until its renewal.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/engine/plan.h"
#include "acme_core/storage/records.h"
#include "acme_core/storage/store.h"
#include "acme_core/storage/verified_pair.h"

namespace acme {

/// Why the certificate must not be served for `spec`, or "": what a CA sends is
/// looked at so. One that has expired is better than none: by its visitor's
/// clock it may be good.
[[nodiscard]] std::string why_unfit(const StoredCertificate& certificate,
                                    const CertificateSpec& spec);

/// The same for a pair that was found good once, by what is known of it.
[[nodiscard]] bool is_fit(const VerifiedPair& pair,
                          const CertificateSpec& spec);

/// Whether a client that asks for the name takes the certificate: one of its
/// names is that name, or the wildcard above it (RFC 6125 section 6.4.3).
[[nodiscard]] bool is_covered(const Identifier& identifier,
                              std::span<const std::string> names);

/// Those of the certificate's wished names that `names` do not cover.
[[nodiscard]] std::vector<std::string> uncovered(
    const CertificateSpec& spec, std::span<const std::string> names);

/// Its subject alternative names.
[[nodiscard]] std::vector<std::string> names_of(const CertificateChain& chain);

/// Why the certificate is of no use for `spec`, or "": it is broken, or covers
/// none of the names.
[[nodiscard]] std::string why_unusable(const StoredCertificate& certificate,
                                       const CertificateSpec& spec);

/// What a certificate is ordered with at an issuer, beside its names and its
/// key, as it is written down: "directory", "profile" and so on.
using OrderTerms = std::map<std::string, std::string>;
[[nodiscard]] OrderTerms order_terms(const IssuerSpec& issuer);

/// The terms of all issuers, by index in Plan::issuers.
[[nodiscard]] std::vector<OrderTerms> order_terms(const Plan& plan);

/// What is known of a usable certificate.
struct Known {
  std::vector<std::string> names;
  std::string key;  ///< as to_string(KeyType); empty: not known
  const CertificateRecord& record;
  /// It was stored in the state directory of another issuer.
  bool is_from_elsewhere = false;
};

struct Verdict {
  /// How it differs from what is wished, for a log line: "was ordered …"; empty
  /// when it is fit.
  std::string why_outdated;
  std::vector<std::string> uncovered;
  /// Who issued it, of those that may be asked for the next one.
  std::optional<std::size_t> issued_by;
};

/// `terms` are those of the plan's issuers.
[[nodiscard]] Verdict judge(const Known& known, const CertificateSpec& spec,
                            const Plan& plan,
                            std::span<const OrderTerms> terms);

}  // namespace acme
