// SPDX-License-Identifier: BSD-2-Clause
// How a certificate there is compares with the one the configuration wishes.
//
// What is unusable (storage/fitness.h) is never served. What is outdated is
// served until there is what is wished; what is fit is kept until its renewal.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "acme_core/engine/plan.h"
#include "acme_core/storage/records.h"

namespace acme {

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
