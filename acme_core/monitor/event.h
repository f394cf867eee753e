// SPDX-License-Identifier: BSD-2-Clause
// Something that happened to a certificate or an issuer, for programs and
// people.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/time_point.h"

namespace acme {

enum class EventKind {
  kIssued,          ///< the first certificate for these names is served
  kRenewed,         ///< another one took its place
  kFailed,          ///< an order or renewal failed: the first time, then daily
  kExpiring,        ///< less is left than a renewal needs
  kRevoked,         ///< by us, or by the CA
  kAriMoved,        ///< the CA suggests another time for the renewal
  kFallbackServed,  ///< visitors meet the fallback for want of a certificate
  kIssuerDown,      ///< the CA gives no answer
  kRecovered,       ///< what had failed works again
};

/// In documents and in the configuration: "issued", "ari_moved".
[[nodiscard]] std::string_view to_string(EventKind kind) noexcept;
[[nodiscard]] std::optional<EventKind> event_kind(
    std::string_view word) noexcept;

/// Every text is printable and has no secret.
struct Event {
  EventKind kind = EventKind::kIssued;
  TimePoint at;
  std::string issuer;        ///< by name
  std::string certificate;   ///< its first name; empty: about the issuer itself
  std::string storage_name;  ///< of its files; empty likewise
  std::vector<std::string> identifiers;
  std::string key;                     ///< "ecdsa:256"
  std::string serial;                  ///< of the certificate in question
  std::optional<TimePoint> not_after;  ///< likewise
  std::string state_path;  ///< the directory with its files; empty: none
  std::string text;        ///< what happened, and what to do about it
};

/// One JSON object; absent members have nothing to say.
[[nodiscard]] std::string write_event(const Event& event);
/// nullopt: it is not one.
[[nodiscard]] std::optional<Event> read_event(std::string_view text);

}  // namespace acme
