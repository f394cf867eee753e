// SPDX-License-Identifier: BSD-2-Clause
// <name>.json: a certificate and its state, for people, tools and a restart.
#include "acme_core/storage/certificate_document.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "acme_core/storage/json_members.h"

namespace acme {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

// More names than any CA signs; a file with more is not ours.
constexpr std::size_t kMostNames = 1000;

void write_facts(ordered_json& document, const CertificateFacts& facts) {
  if (facts.serial.empty()) {
    return;
  }
  document["identifiers"] = facts.identifiers;
  document["key"] = facts.key;
  document["serial"] = facts.serial;
  document["not_before"] = facts.not_before;
  document["not_after"] = facts.not_after;
  document["chain"] = facts.chain;
  if (!facts.verified_files.empty()) {
    document["verified_files"] = facts.verified_files;
  }
}

CertificateFacts read_facts(const json& document) {
  return {
      .identifiers = printable_texts_of(document, "identifiers", kMostNames),
      .key = printable_text_of(document, "key"),
      .serial = printable_text_of(document, "serial"),
      .not_before = printable_text_of(document, "not_before"),
      .not_after = printable_text_of(document, "not_after"),
      .chain = printable_texts_of(document, "chain", kMostNames),
      .verified_files = printable_text_of(document, "verified_files")};
}

ordered_json write_window(const RenewalWindow& window) {
  ordered_json member{{"start", rfc3339(window.start)},
                      {"end", rfc3339(window.end)},
                      {"renew_at", rfc3339(window.renew_at)}};
  if (!window.explanation_url.empty()) {
    member["explanation_url"] = window.explanation_url;
  }
  return member;
}

std::optional<RenewalWindow> read_window(const json& document) {
  const json& member = object_of(document, "renewal_window");
  const auto start = time_of(member, "start");
  const auto end = time_of(member, "end");
  const auto renew_at = time_of(member, "renew_at");
  if (!start || !end || !renew_at || *end < *start) {
    return std::nullopt;
  }
  return RenewalWindow{*start, *end, *renew_at,
                       printable_text_of(member, "explanation_url")};
}

ordered_json write_backoffs(const std::map<std::string, Backoff>& backoffs) {
  ordered_json members = ordered_json::object();
  for (const auto& [issuer, backoff] : backoffs) {
    members[issuer] = {{"count", backoff.failures},
                       {"retry_at", rfc3339(backoff.retry_at)}};
    if (backoff.is_asked_for) {
      members[issuer]["asked_for"] = true;
    }
  }
  return members;
}

std::map<std::string, Backoff> read_backoffs(const json& document) {
  std::map<std::string, Backoff> backoffs;
  const json failures = object_of(document, "failures");
  for (const auto& [issuer, member] : failures.items()) {
    if (backoffs.size() == CertificateRecord::kMostBackoffs) {
      break;
    }
    const auto retry_at = time_of(member, "retry_at");
    const auto count = member.is_object() ? member.find("count") : member.end();
    if (retry_at && count != member.end() && count->is_number_unsigned() &&
        count->get<std::uint64_t>() <= std::numeric_limits<unsigned>::max() &&
        !issuer.empty() && printable(issuer) == issuer) {
      backoffs[issuer] = {count->get<unsigned>(), *retry_at,
                          flag_of(member, "asked_for")};
    }
  }
  return backoffs;
}

std::map<std::string, std::map<std::string, std::string>> read_proved_by(
    const json& document) {
  std::map<std::string, std::map<std::string, std::string>> proved_by;
  std::size_t count = 0;
  const json challenges = object_of(document, "challenges");
  for (const auto& [issuer, names] : challenges.items()) {
    if (!names.is_object() || issuer.empty() || printable(issuer) != issuer) {
      continue;
    }
    for (const auto& [name, type] : names.items()) {
      if (type.is_string() && printable(name) == name && count++ < kMostNames) {
        proved_by[issuer][name] = printable(type.get_ref<const std::string&>());
      }
    }
  }
  return proved_by;
}

std::map<std::string, std::string> read_left_out(const json& document) {
  std::map<std::string, std::string> left_out;
  const json members = object_of(document, "left_out");
  for (const auto& [name, why] : members.items()) {
    if (why.is_string() && !name.empty() && printable(name) == name &&
        left_out.size() < kMostNames) {
      left_out[name] = printable(why.get_ref<const std::string&>());
    }
  }
  return left_out;
}

std::map<std::string, std::string> read_ordered_with(const json& document) {
  constexpr std::size_t kMostTerms = 50;
  std::map<std::string, std::string> terms;
  const json members = object_of(document, "ordered_with");
  for (const auto& [name, value] : members.items()) {
    if (value.is_string() && terms.size() < kMostTerms) {
      terms[printable(name)] = printable(value.get_ref<const std::string&>());
    }
  }
  return terms;
}

ordered_json write_attempt(const Attempt& attempt) {
  ordered_json member{{"at", rfc3339(attempt.at)},
                      {"issuer", attempt.issuer},
                      {"succeeded", attempt.succeeded}};
  if (!attempt.message.empty()) {
    member["message"] = printable(attempt.message);
  }
  return member;
}

// A leaf of any size that a CA signs.
constexpr std::size_t kLongestLeaf = 100'000;

std::optional<RevocationOrder> read_revocation(const json& document) {
  const json& member = object_of(document, "revoke");
  RevocationOrder order{.certificate = text_of(member, "certificate"),
                        .asked_by = printable_text_of(member, "asked_by")};
  if (order.certificate.empty() || order.certificate.size() > kLongestLeaf) {
    return std::nullopt;
  }
  order.reason = static_cast<int>(number_of(member, "reason"));
  return order;
}

std::vector<Attempt> read_history(const json& document) {
  CertificateRecord record;
  for (const json& member : array_of(document, "history")) {
    const auto at = time_of(member, "at");
    const auto succeeded =
        member.is_object() ? member.find("succeeded") : member.end();
    if (at && succeeded != member.end() && succeeded->is_boolean()) {
      record.add({*at, printable_text_of(member, "issuer"),
                  succeeded->get<bool>(), text_of(member, "message")});
    }
  }
  return std::move(record.history);
}

}  // namespace

CertificateFacts facts_of(const CertificateChain& chain, KeyType key_type) {
  CertificateFacts facts{.identifiers = {},
                         .key = std::string(to_string(key_type)),
                         .serial = chain.serial(),
                         .not_before = rfc3339(chain.not_before()),
                         .not_after = rfc3339(chain.not_after()),
                         .chain = {}};
  for (const Identifier& identifier : chain.identifiers()) {
    facts.identifiers.push_back(identifier.value);
  }
  for (const std::string& name : chain.issuer_names()) {
    facts.chain.push_back(printable(name));
  }
  return facts;
}

std::string write_certificate_document(const CertificateFacts& facts,
                                       const CertificateRecord& record) {
  ordered_json document{{"issuer", record.issuer}};
  write_facts(document, facts);
  if (!record.ordered_with.empty()) {
    document["ordered_with"] = record.ordered_with;
  }
  if (!record.taken_from.empty()) {
    document["taken_from"] = record.taken_from;
  }
  if (!record.order_url.empty()) {
    document["order"] = record.order_url;
  }
  if (record.revoke) {
    document["revoke"] = {{"certificate", record.revoke->certificate},
                          {"reason", record.revoke->reason},
                          {"asked_by", printable(record.revoke->asked_by)}};
  }
  if (record.unused_since) {
    document["unused_since"] = rfc3339(*record.unused_since);
  }
  if (!record.next_action.empty()) {
    ordered_json& next = document["next_action"];
    next["what"] = record.next_action;
    if (record.next_action_at) {
      next["at"] = rfc3339(*record.next_action_at);
    }
  }
  if (record.window) {
    document["renewal_window"] = write_window(*record.window);
  }
  if (!record.backoffs.empty()) {
    document["failures"] = write_backoffs(record.backoffs);
  }
  if (!record.proved_by.empty()) {
    document["challenges"] = record.proved_by;
  }
  if (!record.failed_with.empty()) {
    document["failed_with"] = record.failed_with;
  }
  if (!record.at_fault.empty()) {
    document["names_at_fault"] = record.at_fault;
  }
  if (!record.left_out.empty()) {
    document["left_out"] = record.left_out;
  }
  // For people only: the history has it too.
  if (record.waiting) {
    document["waiting_for"] = {{"issuer", record.waiting->issuer},
                               {"reason", record.waiting->reason}};
  }
  if (const Attempt* error = record.last_error()) {
    document["last_error"] = {{"at", rfc3339(error->at)},
                              {"issuer", error->issuer},
                              {"message", printable(error->message)}};
  }
  ordered_json history = ordered_json::array();
  const std::size_t first =
      record.history.size() -
      std::min(record.history.size(), CertificateRecord::kLongestHistory);
  for (std::size_t i = first; i < record.history.size(); ++i) {
    history.push_back(write_attempt(record.history[i]));
  }
  if (!history.empty()) {
    document["history"] = std::move(history);
  }
  return to_file_text(document);
}

CertificateDocument read_certificate_document(std::string_view text) {
  const json document = parse_object(text);
  CertificateRecord record;
  record.issuer = printable_text_of(document, "issuer");
  record.backoffs = read_backoffs(document);
  record.window = read_window(document);
  record.proved_by = read_proved_by(document);
  record.failed_with = printable_text_of(document, "failed_with");
  record.at_fault = printable_texts_of(document, "names_at_fault", kMostNames);
  record.left_out = read_left_out(document);
  const json& next = object_of(document, "next_action");
  record.next_action = printable_text_of(next, "what");
  record.next_action_at = time_of(next, "at");
  const json& waiting = object_of(document, "waiting_for");
  if (std::string issuer = printable_text_of(waiting, "issuer");
      !issuer.empty()) {
    record.waiting = {std::move(issuer), printable_text_of(waiting, "reason")};
  }
  record.history = read_history(document);
  record.ordered_with = read_ordered_with(document);
  record.taken_from = printable_text_of(document, "taken_from");
  record.order_url = printable_text_of(document, "order");
  record.revoke = read_revocation(document);
  record.unused_since = time_of(document, "unused_since");
  return {read_facts(document), std::move(record)};
}

}  // namespace acme
