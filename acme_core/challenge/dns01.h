// SPDX-License-Identifier: BSD-2-Clause
// DNS-01: the CA looks for a TXT record (RFC 8555 section 8.4); and
// DNS-ACCOUNT-01, where the record's name tells whose it is, so that several
// accounts prove a name side by side (draft-ietf-acme-dns-account-label).
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "acme_core/challenge/dns_provider.h"
#include "acme_core/challenge/dns_record_journal.h"
#include "acme_core/challenge/name_locks.h"
#include "acme_core/challenge/solver.h"
#include "acme_core/env/clock.h"
#include "acme_core/env/log.h"
#include "acme_core/net/dns_lookup.h"

namespace acme {

/// What a solver works with; all of it outlives the solver and what it
/// presents.
struct Dns01Context {
  DnsLookup& lookup;
  DnsRecordJournal& journal;  ///< of the issuer
  NameLocks& name_locks;      ///< shared by all solvers of the journal's issuer
  Clock& clock;
  const EventLog& log;
  DnsProviderChoice choose;
  /// How long the name servers are waited for; zero: they are not asked.
  std::chrono::milliseconds longest_wait = std::chrono::minutes(2);
};

class Dns01Solver final : public ChallengeSolver {
 public:
  /// `type`: kDns01 or kDnsAccount01.
  explicit Dns01Solver(Dns01Context context,
                       ChallengeType type = ChallengeType::kDns01)
      : context_(std::move(context)), type_(type) {}

  [[nodiscard]] ChallengeType type() const noexcept override { return type_; }
  [[nodiscard]] bool proves_wildcards() const noexcept override { return true; }

  /// Publishes the records, and waits until the zones' name servers show them.
  /// Orders that share an authorization take turns. Records are removed when
  /// the result ends; those of a stop or a crash at the next start (see
  /// DnsLeftovers).
  [[nodiscard]] std::unique_ptr<PresentedAnswers> present(
      std::span<const ChallengeTask> tasks, std::stop_token stop) override;

 private:
  [[nodiscard]] DnsRecord record_for(const ChallengeTask& task,
                                     const std::stop_token& stop) const;

  Dns01Context context_;
  ChallengeType type_;
};

/// Where a CA looks, before aliases: "_acme-challenge.DOMAIN.".
[[nodiscard]] std::string dns01_record_name(const std::string& domain);

/// The value of the TXT record: base64url of the key authorization's SHA-256.
[[nodiscard]] std::string dns01_value(std::string_view key_authorization);

/// The first label of an account's records: "_ujmmovf2vn55tgye".
[[nodiscard]] std::string dns_account_label(std::string_view account_url);

}  // namespace acme
