// SPDX-License-Identifier: BSD-2-Clause
// Which challenge a name is proved by, and which is tried next when it fails.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/challenge/challenge_type.h"
#include "acme_core/engine/challenge_solvers.h"
#include "acme_core/engine/plan.h"
#include "acme_core/error.h"
#include "acme_core/identifier.h"
#include "acme_core/protocol/authorization.h"
#include "acme_core/storage/records.h"

namespace acme {

/// The provider that publishes records of a name, with or without "*.": of
/// those whose zone the name is in, the one with the longest; nullptr: none.
[[nodiscard]] const DnsProviderSpec* find_dns_provider(
    const std::vector<DnsProviderSpec>& providers, std::string_view name);

/// The types that may prove the name, in order of preference: those that were
/// configured, as far as they can, or else what can work. Empty: none can.
[[nodiscard]] std::vector<ChallengeType> challenge_candidates(
    const IssuerSpec& issuer, const CertificateSpec& certificate,
    const Identifier& identifier, const Listeners& listeners);

/// What proved names before, by name, where it was not the first candidate.
using ProvedBy = std::map<std::string, ChallengeType>;

/// The same as it is written down, for that issuer. A type that this version
/// does not know is forgotten.
[[nodiscard]] ProvedBy proved_by_of(const CertificateRecord& record,
                                    const std::string& issuer);
void note_proved_by(CertificateRecord& record, const ProvedBy& proved_by);

/// The choices of one run, from its first order to its last. What has failed
/// for a name is not tried again for it.
class ChallengeChoice {
 public:
  /// All outlive the choice. A name begins with what proved it `before`.
  ChallengeChoice(const IssuerSpec& issuer, const CertificateSpec& certificate,
                  const Listeners& listeners, ChallengeSolvers& solvers,
                  ProvedBy before = {});

  /// What is left to try for the name, in order.
  [[nodiscard]] const std::vector<ChallengeType>& left(const Identifier& name);

  /// What the name is proved by: the first that is left and that the CA offers.
  /// Throws Error(kPermanent) when there is none.
  [[nodiscard]] ChallengeType choose(const Authorization& authorization);

  void failed(const Identifier& name, ChallengeType type, std::string why);
  /// The same, known before the CA was asked: no reason for another order.
  void rule_out(const Identifier& name, ChallengeType type, std::string why);
  void succeeded(const Identifier& name, ChallengeType type);

  /// True when something failed since the last go_on(), and when every name for
  /// which it did has something left.
  [[nodiscard]] bool has_failed() const;
  [[nodiscard]] bool may_go_on() const;

  struct Next {
    std::string text;                ///< what is tried, for the log
    std::vector<std::string> names;  ///< of what failed
  };
  /// What to do about what failed since the last call; nullopt when nothing
  /// did, when some name has nothing left, or after as many turns as there are
  /// types.
  [[nodiscard]] std::optional<Next> go_on();

  /// The error, or, when it ends a name's last try of several, one that has all
  /// of them with their problems.
  [[nodiscard]] Error with_all_failures(const Error& error) const;

  /// What the next run should begin with.
  [[nodiscard]] ProvedBy memory() const;

 private:
  struct Failure {
    ChallengeType type;
    std::string why;
  };
  struct Name {
    std::vector<ChallengeType> candidates;
    std::vector<ChallengeType> left;
    std::vector<Failure> failures;
    std::optional<ChallengeType> first;  ///< without memory
    std::optional<ChallengeType> proved_by;
    bool has_failed = false;  ///< since the last go_on()
  };

  [[nodiscard]] Name& find(const Identifier& identifier);
  [[nodiscard]] Error none_for(const Identifier& identifier,
                               const Name& name) const;

  const IssuerSpec& issuer_;
  const CertificateSpec& certificate_;
  const Listeners& listeners_;
  ChallengeSolvers& solvers_;
  const ProvedBy before_;
  std::map<Identifier, Name> names_;
  std::size_t turns_ = 0;
};

/// The name that an authorization is for, with its "*.".
[[nodiscard]] Identifier full_name(const Authorization& authorization);

}  // namespace acme
