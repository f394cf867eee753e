// SPDX-License-Identifier: BSD-2-Clause
// What only the engine knows, written down for whoever watches: each note is a
// small JSON document that replaces the one before it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/storage/records.h"
#include "acme_core/time_point.h"

namespace acme {

/// An order that is under way.
struct OrderInFlight {
  std::string issuer;
  std::string url;   ///< empty before the CA has given it one
  std::string step;  ///< "authorizing", "finalizing", "downloading", …
  TimePoint since;
};

/// About one certificate of the plan.
struct CertificateNote {
  /// As it is in the state directory: issuer, window, back-offs, challenges,
  /// names that are left out, history.
  CertificateRecord record;
  std::optional<OrderInFlight> order;
  std::optional<TimePoint> renew_at;  ///< when it becomes due
  /// Why then: "suggested by the CA", "two thirds of its lifetime", "called
  /// back by the CA", "the configuration wishes another one", "asked for by
  /// NAME".
  std::string renew_why;
  std::optional<TimePoint> next_attempt;  ///< after a failure
  bool is_saved = true;  ///< false: served, and the disk lacks it
};

/// One of a CA's published limits.
struct LimitNote {
  std::string name;  ///< "new orders", "certificates for example.com"
  std::uint64_t limit = 0;
  std::uint64_t used = 0;
  std::int64_t period_seconds = 0;
};

/// A certificate in the state directory that no configuration mentions.
struct OrphanNote {
  std::string storage_name;
  std::vector<std::string> identifiers;
  std::string serial;
  std::string not_before;  ///< RFC 3339
  std::string not_after;
  std::optional<TimePoint> unused_since;
};

/// About one issuer of the plan.
struct IssuerNote {
  std::string account_url;  ///< empty: there is none yet
  std::vector<std::string> contacts;
  std::string terms_of_service;  ///< URL; may be empty
  bool is_reachable = true;      ///< false: the last request had no answer
  std::optional<TimePoint> last_answer_at;
  std::optional<TimePoint> paused_until;  ///< its back-off
  std::string paused_why;
  bool is_paused_by_operator = false;
  bool has_lease = true;  ///< false: another process acts for this state
  bool is_state_writable = true;
  std::string last_error;  ///< in the CA's words; empty since it went well
  std::vector<LimitNote> limits;
  std::vector<OrphanNote> orphans;
};

/// About the helper process.
struct ProcessNote {
  TimePoint started_at;
  std::int64_t pid = 0;
  /// What the CA's clock is ahead of this machine's; nullopt: not known.
  std::optional<std::int64_t> clock_skew_seconds;
};

/// At most `limit` bytes: the oldest of the history is left out first, the last
/// error is never cut below 1024 bytes.
[[nodiscard]] std::string write_note(const CertificateNote& note,
                                     std::size_t limit = 4096);
/// Orphans that have no room are left out.
[[nodiscard]] std::string write_note(const IssuerNote& note,
                                     std::size_t limit = 65536);
[[nodiscard]] std::string write_note(const ProcessNote& note);

// What is malformed or missing is empty; these never fail.

[[nodiscard]] CertificateNote read_certificate_note(std::string_view text);
[[nodiscard]] IssuerNote read_issuer_note(std::string_view text);
[[nodiscard]] ProcessNote read_process_note(std::string_view text);

}  // namespace acme
