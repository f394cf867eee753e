// SPDX-License-Identifier: BSD-2-Clause
// What a person is shown: every certificate that this nginx serves, the issuers
// and the process. All faces (JSON, page, metrics, acmectl) show this.
//
// Members of JSON documents are called as the members here, without "is_";
// times are RFC 3339, and what is empty or nullopt is left out.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "acme_core/monitor/notes.h"
#include "acme_core/time_point.h"

namespace acme {

/// What a certificate is like now. The worst that is true counts; what needs a
/// person comes last but for the operator's own and those nobody uses.
enum class CertificateState {
  kValid,     ///< served, and nothing is due
  kRenewing,  ///< served; an order for the next one is under way
  kWaiting,   ///< something is due, and waits: for an issuer, for the pace, for
              ///< its turn
  kFailing,   ///< served; the last order failed
  kExpiring,  ///< served; less than a sixth of its lifetime is left
  kExpired,   ///< served although it is over: there is nothing better
  kFallback,  ///< visitors meet acme_fallback: there is no certificate
  kStatic,    ///< the operator's own file; we only show it
  kOrphan,    ///< in a state directory; no configuration mentions it
};

[[nodiscard]] std::string_view to_string(CertificateState state) noexcept;
/// All of them, as to_string() has them.
[[nodiscard]] std::span<const std::string_view>
certificate_state_words() noexcept;
[[nodiscard]] std::optional<CertificateState> certificate_state(
    std::string_view word) noexcept;

/// Where a server block begins.
struct ServerPlace {
  std::string file;
  unsigned line = 0;
};

/// What a worker has installed.
struct WorkerGeneration {
  std::int64_t pid = 0;
  std::uint64_t generation = 0;  ///< 0: no client has asked it since it started
};

/// One certificate.
struct CertificateStatus {
  /// Addresses it: the storage name of a managed one or of an orphan; "static:"
  /// and a number for a static one.
  std::string id;
  std::string name;  ///< its first name
  std::vector<std::string> names;
  std::vector<ServerPlace> servers;
  std::string issuer;                ///< who issued it; static: the issuer's CN
  std::vector<std::string> issuers;  ///< who is asked, in that order
  std::string key;                   ///< "ecdsa:256"
  std::string profile;
  /// By name: the challenge that proved it.
  std::vector<std::pair<std::string, std::string>> proved_by;
  /// Names that are left out, and why.
  std::vector<std::pair<std::string, std::string>> left_out;
  CertificateState state = CertificateState::kFallback;
  /// One sentence for a person: why it is in this state.
  std::string reason;
  /// What a person can do about it; empty: nothing needs one.
  std::string cure;
  bool is_served = false;
  bool is_stand_in = false;  ///< issued for another wish, until there is ours
  std::string file;          ///< static: of the certificate
  std::string serial;        ///< in hexadecimal
  std::string fingerprint;   ///< SHA-256 of the leaf, in hexadecimal
  std::vector<std::string> chain;  ///< who signed: the leaf's issuer … the top
  std::string pem;                 ///< the chain; only answered at …/pem
  std::optional<TimePoint> not_before;
  std::optional<TimePoint> not_after;
  std::optional<TimePoint> renew_at;
  std::string renew_why;
  std::optional<RenewalWindow> window;  ///< start, end, explanation_url
  std::optional<TimePoint> next_attempt;
  std::optional<Waiting> waiting;  ///< for an issuer that gives no answer
  unsigned failures = 0;           ///< in a row
  std::string last_error;
  std::vector<Attempt> history;  ///< oldest first
  std::optional<OrderInFlight> order;
  bool is_saved = true;
  std::uint64_t generation = 0;
  std::vector<WorkerGeneration> workers;
};

struct IssuerStatus {
  std::string name;
  std::string directory_url;
  std::string state_path;
  bool is_dry_run = false;
  IssuerNote note;            ///< its members are the issuer's own in JSON
  unsigned certificates = 0;  ///< that it is the first issuer of
};

struct ProcessStatus {
  std::string version;          ///< of this module
  std::string nginx_version;    ///< "1.22.1"
  std::string openssl_version;  ///< as it says itself
  bool is_helper_alive = false;
  bool is_writable = false;  ///< this endpoint takes commands
  ProcessNote helper;        ///< its members are under "helper" in JSON
  std::int64_t worker_pid = 0;
  std::uint64_t zone_size = 0;  ///< bytes, of the certificates' zone
  std::uint64_t zone_free = 0;
};

/// A counter as Monitor::add() was told of it: the labels in that order.
struct Counter {
  /// The enumerators of Count: "orders", "challenges", "requests",
  /// "request_seconds", "request_microseconds", "swaps".
  std::string metric;
  std::vector<std::string> labels;
  std::uint64_t value = 0;
};

/// What became of a command.
struct CommandStatus {
  std::uint64_t id = 0;
  std::string verb;
  std::string certificate;  ///< by id; may be empty
  std::string issuer;       ///< may be empty
  std::string state;        ///< "waiting", "running", "done", "failed"
  std::string text;
  std::string asked_by;
  std::optional<TimePoint> asked_at;
};

/// All of it at one moment. Certificates are in the plan's order, then static
/// ones, then orphans.
struct StatusSnapshot {
  TimePoint taken_at;
  std::uint64_t revision = 0;  ///< moves when anything changed
  std::vector<CertificateStatus> certificates;
  std::vector<IssuerStatus> issuers;
  ProcessStatus process;
  std::vector<Counter> counters;
  /// JSON objects as write_event() makes them, oldest first, with their number.
  std::vector<std::pair<std::uint64_t, std::string>> events;
  std::vector<CommandStatus> commands;
};

}  // namespace acme
