// SPDX-License-Identifier: BSD-2-Clause
// What we remember beside certificates and keys. Losing it costs comfort and
// patience of a CA, never a certificate. Times keep whole seconds on disk.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "acme_core/time_point.h"

namespace acme {

/// One try to get a certificate, as it ended.
struct Attempt {
  TimePoint at;
  std::string issuer;
  bool succeeded = false;
  std::string message;  ///< why it failed; at most 1024 bytes are kept
};

/// Failures in a row, and when the issuer may be asked again.
struct Backoff {
  unsigned failures = 0;
  TimePoint retry_at;
  bool is_asked_for = false;  ///< by the CA itself (Retry-After)
};

/// When the CA suggests to renew (RFC 9773), and what we drew from it.
struct RenewalWindow {
  TimePoint start;
  TimePoint end;
  TimePoint renew_at;
  std::string explanation_url;  ///< may be empty
};

/// An issuer that gives no answer, which a certificate waits for.
struct Waiting {
  std::string issuer;
  std::string reason;
  bool operator==(const Waiting&) const = default;
};

/// A certificate that an operator wants revoked.
struct RevocationOrder {
  std::string certificate;  ///< the leaf's DER in base64url
  int reason = 0;           ///< RFC 5280 section 5.3.1
  std::string asked_by;
};

/// The state of one certificate of the configuration.
struct CertificateRecord {
  static constexpr std::size_t kLongestHistory = 10;
  static constexpr std::size_t kMostBackoffs = 20;

  /// Who issued the certificate that is stored; empty while there is none.
  std::string issuer;
  std::map<std::string, Backoff> backoffs;  ///< by issuer
  std::optional<RenewalWindow> window;      ///< of the stored certificate
  /// The challenges that names were proved by where it was not the first that
  /// was tried: by issuer, then by name.
  std::map<std::string, std::map<std::string, std::string>> proved_by;
  /// Names that are ordered no more until the full set is tried, and why.
  std::map<std::string, std::string> left_out = {};
  /// Names that the last failure was about.
  std::vector<std::string> at_fault = {};
  /// What the failures were met with, as tried_with() has it; empty: not known.
  std::string failed_with = {};
  std::string next_action;  ///< for people: "renew", "order", "retry"
  std::optional<TimePoint> next_action_at;
  std::optional<Waiting> waiting;  ///< for people, too
  std::vector<Attempt> history;    ///< the last ten, oldest first
  /// What the stored certificate was ordered with beside its names and its key,
  /// as order_terms() has it. What is missing is not known.
  std::map<std::string, std::string> ordered_with = {};
  /// Where the pair comes from when it was not issued for this certificate:
  /// "DIRECTORY/NAME"; otherwise empty.
  std::string taken_from = {};
  /// URL of the order that gave what is stored; empty when nobody knows.
  std::string order_url = {};
  /// What is to be revoked as soon as it is replaced.
  std::optional<RevocationOrder> revoke = std::nullopt;
  /// Since when no configuration has mentioned the certificate.
  std::optional<TimePoint> unused_since = std::nullopt;

  /// Appends to the history and drops the oldest; makes the message printable.
  void add(Attempt attempt);

  /// The newest failed attempt not followed by a success, or nullptr.
  [[nodiscard]] const Attempt* last_error() const noexcept;
};

/// What the CA was last told about the account, and told us.
struct AccountRecord {
  std::vector<std::string> contacts;  ///< "mailto:" URLs
  std::string external_account_kid;   ///< empty without a binding
  /// What the CA calls itself in records of dns-persist-01; empty until it has
  /// said so.
  std::vector<std::string> issuer_domain_names = {};
  /// Where it was made; empty: not known.
  std::string directory_url = {};
  /// Thumbprint of an operator's own account key; empty: a key of ours.
  std::string configured_key = {};
  /// How those records name the account: see ChallengeTask.
  std::string account_hash_prefix = {};
  std::string key_thumbprint = {};
  /// Who had nothing asked of the CA any more; empty: nobody.
  std::string paused_by = {};

  bool operator==(const AccountRecord&) const = default;
};

/// Times of orders and failures, by what they count against.
using BudgetRecord = std::map<std::string, std::vector<TimePoint>>;

}  // namespace acme
