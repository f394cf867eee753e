// SPDX-License-Identifier: BSD-2-Clause
// Something that happened to a certificate or an issuer.
#include "acme_core/monitor/event.h"

#include <array>
#include <utility>

#include "acme_core/json_text.h"
#include "acme_core/monitor/words.h"
#include "acme_core/storage/json_members.h"

namespace acme {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::array<std::string_view, 9> kWords = {
    "issued",    "renewed",         "failed",      "expiring", "revoked",
    "ari_moved", "fallback_served", "issuer_down", "recovered"};

// More names than any CA signs.
constexpr std::size_t kMostNames = 1000;

}  // namespace

std::string_view to_string(EventKind kind) noexcept {
  return to_word(kWords, kind);
}

std::optional<EventKind> event_kind(std::string_view word) noexcept {
  return from_word<EventKind>(kWords, word);
}

std::string write_event(const Event& event) {
  ordered_json document{{"event", to_string(event.kind)},
                        {"at", rfc3339(event.at)}};
  const auto add = [&](const char* name, const std::string& text) {
    if (!text.empty()) {
      document[name] = printable(text);
    }
  };
  add("issuer", event.issuer);
  add("certificate", event.certificate);
  add("storage_name", event.storage_name);
  if (!event.identifiers.empty()) {
    document["identifiers"] = event.identifiers;
  }
  add("key", event.key);
  add("serial", event.serial);
  if (event.not_after) {
    document["not_after"] = rfc3339(*event.not_after);
  }
  add("state_path", event.state_path);
  add("text", event.text);
  return ordered_text(document);
}

std::optional<Event> read_event(std::string_view text) {
  const json document = parse_object(text);
  const auto kind = event_kind(text_of(document, "event"));
  const auto at = time_of(document, "at");
  if (!kind || !at) {
    return std::nullopt;
  }
  return Event{
      .kind = *kind,
      .at = *at,
      .issuer = printable_text_of(document, "issuer"),
      .certificate = printable_text_of(document, "certificate"),
      .storage_name = printable_text_of(document, "storage_name"),
      .identifiers = printable_texts_of(document, "identifiers", kMostNames),
      .key = printable_text_of(document, "key"),
      .serial = printable_text_of(document, "serial"),
      .not_after = time_of(document, "not_after"),
      .state_path = printable_text_of(document, "state_path"),
      .text = printable_text_of(document, "text")};
}

}  // namespace acme
