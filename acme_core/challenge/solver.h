// SPDX-License-Identifier: BSD-2-Clause
// What each type of challenge has to be able to do.
#pragma once

#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "acme_core/challenge/challenge_type.h"
#include "acme_core/identifier.h"

namespace acme {

/// One challenge of an order, to be answered.
struct ChallengeTask {
  Identifier identifier;  ///< without "*."
  std::string token;
  std::string key_authorization;
  /// "*." stood in front of the identifier.
  bool wildcard = false;
  /// Of the account that the order belongs to.
  std::string account_url = {};
  /// Who the CA is to a record that stays (draft-ietf-acme-dns-persist); empty
  /// in challenges of other types.
  std::vector<std::string> issuer_domain_names = {};
  /// How the account is named in such a record: a hash behind this prefix, of
  /// this thumbprint (RFC 7638) among others; without a prefix by its URL.
  std::string account_hash_prefix = {};
  std::string account_thumbprint = {};
};

/// Answers in front of the CA, taken away when this object ends.
class PresentedAnswers {
 public:
  PresentedAnswers() = default;
  virtual ~PresentedAnswers() = default;
  PresentedAnswers(const PresentedAnswers&) = delete;
  PresentedAnswers& operator=(const PresentedAnswers&) = delete;
};

class ChallengeSolver {
 public:
  virtual ~ChallengeSolver() = default;

  [[nodiscard]] virtual ChallengeType type() const noexcept = 0;

  /// Whether this type says anything about every name below a domain.
  [[nodiscard]] virtual bool proves_wildcards() const noexcept = 0;

  /// Puts the answers to all challenges of an order where the CA looks for
  /// them, and returns when it may look. Throws Error; then nothing is left
  /// behind.
  [[nodiscard]] virtual std::unique_ptr<PresentedAnswers> present(
      std::span<const ChallengeTask> tasks, std::stop_token stop) = 0;
};

}  // namespace acme
