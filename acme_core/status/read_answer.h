// SPDX-License-Identifier: BSD-2-Clause
// What the status endpoint's JSON documents say, for programs that ask it. The
// other side of answer.h.
//
// Nothing is trusted to have the right type: a member that makes no sense is
// empty, texts are made printable, and what is nested beyond reason is left
// out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/monitor/event.h"
#include "acme_core/status/model.h"
#include "acme_core/time_point.h"

namespace acme {

/// One page of "1/certificates".
struct CertificatesAnswer {
  TimePoint taken_at;
  std::uint64_t total = 0;  ///< that match, on all pages
  std::vector<CertificateStatus> certificates;
  std::vector<std::string> documents;  ///< of each, as pretty_json() has it
  std::string next;  ///< reference to the next page; empty: it was the last
};

/// "1/issuers".
struct IssuersAnswer {
  TimePoint taken_at;
  std::vector<IssuerStatus> issuers;
};

struct NumberedEvent {
  std::uint64_t number = 0;
  Event event;
  std::string document;  ///< one line of JSON
};

/// "1/events".
struct EventsAnswer {
  std::vector<NumberedEvent> events;  ///< oldest first
  std::uint64_t last = 0;             ///< the number of the newest there is
};

/// A problem document (RFC 9457).
struct ProblemAnswer {
  std::string title;
  std::string detail;
};

// nullopt: it is no such document. Of a list, entries that make no sense are
// left out.

[[nodiscard]] std::optional<CertificatesAnswer> read_certificates_answer(
    std::string_view text);
[[nodiscard]] std::optional<CertificateStatus> read_certificate_status(
    std::string_view text);
[[nodiscard]] std::optional<IssuersAnswer> read_issuers_answer(
    std::string_view text);
[[nodiscard]] std::optional<ProcessStatus> read_process_status(
    std::string_view text);
[[nodiscard]] std::optional<EventsAnswer> read_events_answer(
    std::string_view text);
[[nodiscard]] std::optional<CommandStatus> read_command_status(
    std::string_view text);
[[nodiscard]] std::optional<ProblemAnswer> read_problem_answer(
    std::string_view text);

/// The document indented, in ASCII: nothing in it reaches a terminal but as it
/// is written. nullopt: it is no JSON object.
[[nodiscard]] std::optional<std::string> pretty_json(std::string_view text);

/// A list of documents as one: {"taken_at": …, "certificates": […]}.
[[nodiscard]] std::string certificates_document(
    TimePoint taken_at, const std::vector<std::string>& documents);

}  // namespace acme
