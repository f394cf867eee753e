// SPDX-License-Identifier: BSD-2-Clause
// What the status endpoint's JSON documents say.
#include "acme_core/status/read_answer.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "acme_core/json_text.h"
#include "acme_core/monitor/command.h"
#include "acme_core/monitor/note_json.h"
#include "acme_core/storage/json_members.h"

namespace acme {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

// More of each than any reader wants to see, or any CA signs.
constexpr std::size_t kMost = 1000;
// Documents of ours have five levels. What is deeper would be written out by a
// function that calls itself as often.
constexpr int kDeepestNesting = 32;

template <typename Json>
Json parsed(std::string_view text) {
  Json document = Json::parse(
      text.begin(), text.end(),
      [](int depth, typename Json::parse_event_t, Json&) {
        return depth <= kDeepestNesting;
      },
      /*allow_exceptions=*/false);
  return document.is_object() ? std::move(document) : Json();
}

std::vector<std::pair<std::string, std::string>> pairs_of(const json& object,
                                                          const char* name) {
  std::vector<std::pair<std::string, std::string>> pairs;
  const json* member = find_member(object, name);
  if (member == nullptr || !member->is_object()) {
    return pairs;
  }
  for (const auto& [key, value] : member->items()) {
    if (value.is_string() && pairs.size() < kMost) {
      pairs.emplace_back(printable(key), printable(value.get<std::string>()));
    }
  }
  return pairs;
}

std::vector<ServerPlace> read_servers(const json& document) {
  std::vector<ServerPlace> places;
  for (const json& member : array_of(document, "servers")) {
    if (member.is_object() && places.size() < kMost) {
      places.push_back(
          {.file = printable_text_of(member, "file"),
           .line = static_cast<unsigned>(count_of(member, "line"))});
    }
  }
  return places;
}

std::vector<WorkerGeneration> read_workers(const json& document) {
  std::vector<WorkerGeneration> workers;
  for (const json& member : array_of(document, "workers")) {
    if (member.is_object() && workers.size() < kMost) {
      workers.push_back({.pid = number_of(member, "pid"),
                         .generation = count_of(member, "generation")});
    }
  }
  return workers;
}

std::vector<Attempt> read_history(const json& document) {
  std::vector<Attempt> history;
  for (const json& member : array_of(document, "history")) {
    const auto at = time_of(member, "at");
    if (at && history.size() < kMost) {
      history.push_back({.at = *at,
                         .issuer = printable_text_of(member, "issuer"),
                         .succeeded = flag_of(member, "succeeded"),
                         .message = printable_text_of(member, "message")});
    }
  }
  return history;
}

std::optional<RenewalWindow> read_window(const json& document) {
  const json member = object_of(document, "window");
  const auto start = time_of(member, "start");
  const auto end = time_of(member, "end");
  if (!start || !end) {
    return std::nullopt;
  }
  return RenewalWindow{
      .start = *start,
      .end = *end,
      .renew_at = time_of(member, "renew_at").value_or(TimePoint()),
      .explanation_url = printable_text_of(member, "explanation_url")};
}

std::optional<OrderInFlight> read_order(const json& document) {
  const json member = object_of(document, "order");
  const auto since = time_of(member, "since");
  if (!since) {
    return std::nullopt;
  }
  return OrderInFlight{.issuer = printable_text_of(member, "issuer"),
                       .url = printable_text_of(member, "url"),
                       .step = printable_text_of(member, "step"),
                       .since = *since};
}

std::optional<Waiting> read_waiting(const json& document) {
  const json member = object_of(document, "waiting");
  Waiting waiting{printable_text_of(member, "issuer"),
                  printable_text_of(member, "reason")};
  return waiting == Waiting{} ? std::nullopt : std::optional(waiting);
}

std::optional<CertificateStatus> read_certificate(const json& document) {
  const auto state = certificate_state(text_of(document, "state"));
  CertificateStatus status;
  status.id = printable_text_of(document, "id");
  if (!state || status.id.empty()) {
    return std::nullopt;
  }
  status.state = *state;
  status.name = printable_text_of(document, "name");
  status.names = printable_texts_of(document, "names", kMost);
  status.servers = read_servers(document);
  status.issuer = printable_text_of(document, "issuer");
  status.issuers = printable_texts_of(document, "issuers", kMost);
  status.key = printable_text_of(document, "key");
  status.profile = printable_text_of(document, "profile");
  status.proved_by = pairs_of(document, "proved_by");
  status.left_out = pairs_of(document, "left_out");
  status.reason = printable_text_of(document, "reason");
  status.cure = printable_text_of(document, "cure");
  status.is_served = flag_of(document, "served");
  status.is_stand_in = flag_of(document, "stand_in");
  status.file = printable_text_of(document, "file");
  status.serial = printable_text_of(document, "serial");
  status.fingerprint = printable_text_of(document, "fingerprint");
  status.chain = printable_texts_of(document, "chain", kMost);
  status.not_before = time_of(document, "not_before");
  status.not_after = time_of(document, "not_after");
  status.renew_at = time_of(document, "renew_at");
  status.renew_why = printable_text_of(document, "renew_why");
  status.window = read_window(document);
  status.next_attempt = time_of(document, "next_attempt");
  status.waiting = read_waiting(document);
  status.failures = static_cast<unsigned>(count_of(document, "failures"));
  status.last_error = printable_text_of(document, "last_error");
  status.history = read_history(document);
  status.order = read_order(document);
  status.is_saved = flag_of(document, "saved");
  status.generation = count_of(document, "generation");
  status.workers = read_workers(document);
  return status;
}

std::optional<IssuerStatus> read_issuer(const json& document) {
  IssuerStatus status;
  status.name = printable_text_of(document, "name");
  if (status.name.empty()) {
    return std::nullopt;
  }
  status.directory_url = printable_text_of(document, "directory_url");
  status.state_path = printable_text_of(document, "state_path");
  status.is_dry_run = flag_of(document, "dry_run");
  status.certificates =
      static_cast<unsigned>(count_of(document, "certificates"));
  status.note = read_issuer_members(document);
  return status;
}

}  // namespace

std::optional<CertificatesAnswer> read_certificates_answer(
    std::string_view text) {
  const auto ordered = parsed<ordered_json>(text);
  const auto list = ordered.find("certificates");
  if (!ordered.is_object() || list == ordered.end() || !list->is_array()) {
    return std::nullopt;
  }
  CertificatesAnswer answer;
  for (const ordered_json& member : *list) {
    if (auto status = read_certificate(json(member))) {
      answer.certificates.push_back(std::move(*status));
      answer.documents.push_back(ordered_ascii(member, 2));
    }
  }
  const json rest = {{"taken_at", ordered.value("taken_at", ordered_json())},
                     {"total", ordered.value("total", ordered_json())},
                     {"next", ordered.value("next", ordered_json())}};
  answer.taken_at = time_of(rest, "taken_at").value_or(TimePoint());
  answer.total = count_of(rest, "total");
  answer.next = text_of(rest, "next");
  return answer;
}

std::optional<CertificateStatus> read_certificate_status(
    std::string_view text) {
  return read_certificate(parsed<json>(text));
}

std::optional<IssuersAnswer> read_issuers_answer(std::string_view text) {
  const auto document = parsed<json>(text);
  const json* list = find_member(document, "issuers");
  if (list == nullptr || !list->is_array()) {
    return std::nullopt;
  }
  IssuersAnswer answer{time_of(document, "taken_at").value_or(TimePoint()), {}};
  for (const json& member : *list) {
    if (auto status = read_issuer(member)) {
      answer.issuers.push_back(std::move(*status));
    }
  }
  return answer;
}

std::optional<ProcessStatus> read_process_status(std::string_view text) {
  const auto document = parsed<json>(text);
  if (find_member(document, "helper_alive") == nullptr) {
    return std::nullopt;
  }
  const json helper = object_of(document, "helper");
  ProcessStatus status;
  status.version = printable_text_of(document, "version");
  status.nginx_version = printable_text_of(document, "nginx_version");
  status.openssl_version = printable_text_of(document, "openssl_version");
  status.is_helper_alive = flag_of(document, "helper_alive");
  status.is_writable = flag_of(document, "writable");
  status.helper.started_at =
      time_of(helper, "started_at").value_or(TimePoint());
  status.helper.pid = number_of(helper, "pid");
  if (find_member(helper, "clock_skew_seconds") != nullptr) {
    status.helper.clock_skew_seconds = number_of(helper, "clock_skew_seconds");
  }
  status.worker_pid = number_of(document, "worker_pid");
  status.zone_size = count_of(document, "zone_size");
  status.zone_free = count_of(document, "zone_free");
  return status;
}

std::optional<EventsAnswer> read_events_answer(std::string_view text) {
  const auto ordered = parsed<ordered_json>(text);
  const auto list = ordered.find("events");
  if (!ordered.is_object() || list == ordered.end() || !list->is_array()) {
    return std::nullopt;
  }
  EventsAnswer answer;
  for (const ordered_json& member : *list) {
    std::string document = ordered_ascii(member);
    if (auto event = read_event(document)) {
      answer.events.push_back({.number = count_of(json(member), "number"),
                               .event = std::move(*event),
                               .document = std::move(document)});
    }
  }
  answer.last =
      count_of({{"last", ordered.value("last", ordered_json())}}, "last");
  return answer;
}

std::optional<CommandStatus> read_command_status(std::string_view text) {
  const auto document = parsed<json>(text);
  CommandStatus status;
  status.state = printable_text_of(document, "state");
  constexpr std::array kCommandStates{
      CommandState::kWaiting, CommandState::kRunning, CommandState::kDone,
      CommandState::kFailed};
  if (std::none_of(kCommandStates.begin(), kCommandStates.end(),
                   [&](CommandState state) {
                     return to_string(state) == status.state;
                   })) {
    return std::nullopt;
  }
  status.id = count_of(document, "id");
  status.verb = printable_text_of(document, "verb");
  status.certificate = printable_text_of(document, "certificate");
  status.issuer = printable_text_of(document, "issuer");
  status.text = printable_text_of(document, "text");
  status.asked_by = printable_text_of(document, "asked_by");
  status.asked_at = time_of(document, "asked_at");
  return status;
}

std::optional<ProblemAnswer> read_problem_answer(std::string_view text) {
  const auto document = parsed<json>(text);
  ProblemAnswer problem{printable_text_of(document, "title"),
                        printable_text_of(document, "detail")};
  if (problem.title.empty() && problem.detail.empty()) {
    return std::nullopt;
  }
  return problem;
}

std::optional<std::string> pretty_json(std::string_view text) {
  const auto document = parsed<ordered_json>(text);
  if (!document.is_object()) {
    return std::nullopt;
  }
  return ordered_ascii(document, 2);
}

std::string certificates_document(TimePoint taken_at,
                                  const std::vector<std::string>& documents) {
  ordered_json document{{"taken_at", rfc3339(taken_at)}};
  ordered_json& list = document["certificates"] = ordered_json::array();
  for (const std::string& each : documents) {
    list.push_back(parsed<ordered_json>(each));
  }
  return ordered_ascii(document, 2);
}

}  // namespace acme
