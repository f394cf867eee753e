// SPDX-License-Identifier: BSD-2-Clause
// DNS-PERSIST-01: a TXT record that a person makes once says which account at
// which CA may have certificates for a name (draft-ietf-acme-dns-persist).
#pragma once

#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "acme_core/challenge/solver.h"
#include "acme_core/env/clock.h"
#include "acme_core/env/log.h"
#include "acme_core/net/dns_lookup.h"
#include "acme_core/storage/store.h"

namespace acme {

/// Publishes nothing: makes sure that the record is there before the CA looks,
/// and says which one to make where it is not.
class DnsPersist01Solver final : public ChallengeSolver {
 public:
  /// All outlive the solver. The store's account record has what the CA calls
  /// itself, for "nginx -t", which asks no CA.
  DnsPersist01Solver(DnsLookup& lookup, const Clock& clock, const EventLog& log,
                     Store& store)
      : lookup_(lookup), clock_(clock), log_(log), store_(store) {}

  [[nodiscard]] ChallengeType type() const noexcept override {
    return ChallengeType::kDnsPersist01;
  }
  [[nodiscard]] bool proves_wildcards() const noexcept override { return true; }

  /// Looks at the authoritative servers, at the resolver when none of them can
  /// be asked, and leaves it to the CA when that cannot either. Throws
  /// Error(kConfiguration) with every record that has to be made.
  [[nodiscard]] std::unique_ptr<PresentedAnswers> present(
      std::span<const ChallengeTask> tasks, std::stop_token stop) override;

 private:
  void note(const std::vector<std::string>& ca_names);
  [[nodiscard]] std::string fault(const ChallengeTask& task,
                                  const std::stop_token& stop) const;
  [[nodiscard]] std::string fault_of(const TxtAnswer& answer,
                                     const ChallengeTask& task) const;

  DnsLookup& lookup_;
  const Clock& clock_;
  const EventLog& log_;
  Store& store_;
};

/// The record's name: "_validation-persist.example.com.".
[[nodiscard]] std::string persist_record_name(const ChallengeTask& task);

/// The value to give it: "ca.example; accounturi=https://...". Needs of the
/// task the name, what the CA is called, the account and how it is named, and
/// whether it is for a wildcard.
[[nodiscard]] std::string persist_record_value(const ChallengeTask& task);

/// How a record of `domain` names the account to a CA that takes hashes.
[[nodiscard]] std::string hashed_account_uri(const ChallengeTask& task,
                                             std::string_view domain);

/// Whether a value that was found lets the account prove the name at `now`.
[[nodiscard]] bool persist_record_allows(std::string_view value,
                                         const ChallengeTask& task,
                                         TimePoint now);

}  // namespace acme
