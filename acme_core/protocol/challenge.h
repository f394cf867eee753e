// SPDX-License-Identifier: BSD-2-Clause
// Challenges (RFC 8555 section 7.1.5 and 8).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/crypto/private_key.h"
#include "acme_core/protocol/problem.h"

namespace acme {

struct Challenge {
  enum class Status { kPending, kProcessing, kValid, kInvalid };

  std::string type;  ///< "http-01", …; any text the CA sent
  std::string url;
  std::string token;  ///< valid by is_token(), or empty
  Status status = Status::kPending;
  std::optional<Problem> error;
  /// What the CA is called in a record that stays, the first preferred; of
  /// dns-persist-01 (draft-ietf-acme-dns-persist), else empty.
  std::vector<std::string> issuer_domain_names = {};
};

/// What proves control for a token: token "." thumbprint (section 8.1).
[[nodiscard]] std::string key_authorization(std::string_view token,
                                            const PrivateKey& account_key);

}  // namespace acme
