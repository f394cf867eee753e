// SPDX-License-Identifier: BSD-2-Clause
// What only the engine knows, as small JSON documents.
#include "acme_core/monitor/notes.h"

#include <utility>

#include "acme_core/json_text.h"
#include "acme_core/monitor/note_json.h"
#include "acme_core/storage/certificate_document.h"
#include "acme_core/storage/json_members.h"

namespace acme {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

// More of each than any reader wants to see.
constexpr std::size_t kMost = 1000;

void add(ordered_json& document, const char* name, const std::string& text) {
  if (!text.empty()) {
    document[name] = text;
  }
}

void add(ordered_json& document, const char* name,
         const std::optional<TimePoint>& time) {
  if (time) {
    document[name] = rfc3339(*time);
  }
}

ordered_json write_orphan(const OrphanNote& orphan) {
  ordered_json member{{"storage_name", orphan.storage_name},
                      {"identifiers", orphan.identifiers},
                      {"serial", orphan.serial},
                      {"not_before", orphan.not_before},
                      {"not_after", orphan.not_after}};
  add(member, "unused_since", orphan.unused_since);
  return member;
}

ordered_json write_limit(const LimitNote& limit) {
  return {{"name", limit.name},
          {"limit", limit.limit},
          {"used", limit.used},
          {"period_seconds", limit.period_seconds}};
}

}  // namespace

std::string write_note(const CertificateNote& note, std::size_t limit) {
  CertificateRecord record = note.record;
  for (;;) {
    ordered_json document{
        {"record", parse_ordered_json(write_certificate_document({}, record))}};
    if (note.order) {
      ordered_json& order = document["order"];
      order = {{"issuer", note.order->issuer},
               {"step", note.order->step},
               {"since", rfc3339(note.order->since)}};
      add(order, "url", note.order->url);
    }
    add(document, "renew_at", note.renew_at);
    add(document, "renew_why", note.renew_why);
    add(document, "next_attempt", note.next_attempt);
    document["saved"] = note.is_saved;
    std::string text = ordered_text(document);
    if (text.size() <= limit) {
      return text;
    }
    // In the order of what is missed least.
    if (record.history.size() > 1) {
      record.history.erase(record.history.begin());
    } else if (!record.ordered_with.empty()) {
      record.ordered_with.clear();
    } else if (!record.proved_by.empty()) {
      record.proved_by.clear();
    } else if (!record.left_out.empty()) {
      record.left_out.clear();
    } else if (!record.at_fault.empty() || !record.failed_with.empty()) {
      record.at_fault.clear();
      record.failed_with.clear();
    } else {
      return text;
    }
  }
}

CertificateNote read_certificate_note(std::string_view text) {
  const json document = parse_object(text);
  CertificateNote note;
  note.record =
      read_certificate_document(to_text(object_of(document, "record"))).record;
  if (const json order = object_of(document, "order"); !order.empty()) {
    note.order = {.issuer = printable_text_of(order, "issuer"),
                  .url = printable_text_of(order, "url"),
                  .step = printable_text_of(order, "step"),
                  .since = time_of(order, "since").value_or(TimePoint())};
  }
  note.renew_at = time_of(document, "renew_at");
  note.renew_why = printable_text_of(document, "renew_why");
  note.next_attempt = time_of(document, "next_attempt");
  note.is_saved = document.is_null() || flag_of(document, "saved");
  return note;
}

std::string write_note(const IssuerNote& note, std::size_t limit) {
  ordered_json document{{"reachable", note.is_reachable},
                        {"paused_by_operator", note.is_paused_by_operator},
                        {"lease", note.has_lease},
                        {"state_writable", note.is_state_writable},
                        {"contacts", note.contacts}};
  add(document, "account_url", note.account_url);
  add(document, "terms_of_service", note.terms_of_service);
  add(document, "last_answer_at", note.last_answer_at);
  add(document, "paused_until", note.paused_until);
  add(document, "paused_why", note.paused_why);
  add(document, "last_error", note.last_error);
  ordered_json& limits = document["limits"] = ordered_json::array();
  for (const LimitNote& each : note.limits) {
    limits.push_back(write_limit(each));
  }
  std::size_t size = ordered_text(document).size();
  ordered_json& orphans = document["orphans"] = ordered_json::array();
  for (const OrphanNote& each : note.orphans) {
    ordered_json member = write_orphan(each);
    size += ordered_text(member).size() + sizeof(',');
    if (size + sizeof(R"("orphans":[])") > limit) {
      break;
    }
    orphans.push_back(std::move(member));
  }
  return ordered_text(document);
}

IssuerNote read_issuer_members(const json& object) {
  IssuerNote note{
      .account_url = printable_text_of(object, "account_url"),
      .contacts = printable_texts_of(object, "contacts", kMost),
      .terms_of_service = printable_text_of(object, "terms_of_service"),
      .is_reachable = flag_of(object, "reachable"),
      .last_answer_at = time_of(object, "last_answer_at"),
      .paused_until = time_of(object, "paused_until"),
      .paused_why = printable_text_of(object, "paused_why"),
      .is_paused_by_operator = flag_of(object, "paused_by_operator"),
      .has_lease = flag_of(object, "lease"),
      .is_state_writable = flag_of(object, "state_writable"),
      .last_error = printable_text_of(object, "last_error"),
      .limits = {},
      .orphans = {}};
  for (const json& member : array_of(object, "limits")) {
    if (member.is_object() && note.limits.size() < kMost) {
      note.limits.push_back(
          {.name = printable_text_of(member, "name"),
           .limit = count_of(member, "limit"),
           .used = count_of(member, "used"),
           .period_seconds = number_of(member, "period_seconds")});
    }
  }
  return note;
}

IssuerNote read_issuer_note(std::string_view text) {
  const json document = parse_object(text);
  if (document.is_null()) {
    return {};
  }
  IssuerNote note = read_issuer_members(document);
  for (const json& member : array_of(document, "orphans")) {
    note.orphans.push_back(
        {.storage_name = printable_text_of(member, "storage_name"),
         .identifiers = printable_texts_of(member, "identifiers", kMost),
         .serial = printable_text_of(member, "serial"),
         .not_before = printable_text_of(member, "not_before"),
         .not_after = printable_text_of(member, "not_after"),
         .unused_since = time_of(member, "unused_since")});
  }
  return note;
}

std::string write_note(const ProcessNote& note) {
  ordered_json document{{"started_at", rfc3339(note.started_at)},
                        {"pid", note.pid}};
  if (note.clock_skew_seconds) {
    document["clock_skew_seconds"] = *note.clock_skew_seconds;
  }
  return ordered_text(document);
}

ProcessNote read_process_note(std::string_view text) {
  const json document = parse_object(text);
  ProcessNote note{
      .started_at = time_of(document, "started_at").value_or(TimePoint()),
      .pid = number_of(document, "pid"),
      .clock_skew_seconds = std::nullopt};
  if (find_member(document, "clock_skew_seconds") != nullptr) {
    note.clock_skew_seconds = number_of(document, "clock_skew_seconds");
  }
  return note;
}

}  // namespace acme
