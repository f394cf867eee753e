// SPDX-License-Identifier: BSD-2-Clause
// Reading JSON of which nothing is trusted to have the right type: answers of
// CAs and others, and files that may be torn. A member of the wrong type counts
// as absent. Included by .cpp files only, so that JSON stays out of our
// headers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "acme_core/env/log.h"
#include "acme_core/json_text.h"
#include "acme_core/time_point.h"

namespace acme {

/// The object in `text`; null when it is something else or malformed.
[[nodiscard]] inline nlohmann::json parse_object(std::string_view text) {
  nlohmann::json parsed = parse_json(text);
  return parsed.is_object() ? std::move(parsed) : nlohmann::json();
}

/// The member, or nullptr when `object` is no object or has no such member.
[[nodiscard]] inline const nlohmann::json* find_member(
    const nlohmann::json& object, const char* name) {
  if (!object.is_object()) {
    return nullptr;
  }
  const auto member = object.find(name);
  return member == object.end() ? nullptr : &*member;
}

/// The member's text; "" when it is absent or no string.
[[nodiscard]] inline std::string text_of(const nlohmann::json& object,
                                         const char* name) {
  const nlohmann::json* member = find_member(object, name);
  return member != nullptr && member->is_string() ? member->get<std::string>()
                                                  : std::string();
}

/// The member's value; false when it is absent or no boolean.
[[nodiscard]] inline bool flag_of(const nlohmann::json& object,
                                  const char* name) {
  const nlohmann::json* member = find_member(object, name);
  return member != nullptr && member->is_boolean() && member->get<bool>();
}

/// The member's number; 0 when it is absent or no integer.
[[nodiscard]] inline std::int64_t number_of(const nlohmann::json& object,
                                            const char* name) {
  const nlohmann::json* member = find_member(object, name);
  return member != nullptr && member->is_number_integer()
             ? member->get<std::int64_t>()
             : 0;
}

/// The same of what cannot be negative.
[[nodiscard]] inline std::uint64_t count_of(const nlohmann::json& object,
                                            const char* name) {
  const nlohmann::json* member = find_member(object, name);
  return member != nullptr && member->is_number_unsigned()
             ? member->get<std::uint64_t>()
             : 0;
}

/// The same for text that goes into log lines: printable, at most 1024 bytes.
[[nodiscard]] inline std::string printable_text_of(const nlohmann::json& object,
                                                   const char* name) {
  return printable(text_of(object, name));
}

/// The member's time (RFC 3339); nullopt when it is absent or malformed.
[[nodiscard]] inline std::optional<TimePoint> time_of(
    const nlohmann::json& object, const char* name) {
  return parse_rfc3339(text_of(object, name));
}

/// The texts in the member's array, at most `limit`; what is no text is passed
/// over.
[[nodiscard]] inline std::vector<std::string> texts_of(
    const nlohmann::json& object, const char* name,
    std::size_t limit = std::numeric_limits<std::size_t>::max()) {
  std::vector<std::string> texts;
  const nlohmann::json* list = find_member(object, name);
  if (list == nullptr || !list->is_array()) {
    return texts;
  }
  for (const nlohmann::json& entry : *list) {
    if (entry.is_string() && texts.size() < limit) {
      texts.push_back(entry.get<std::string>());
    }
  }
  return texts;
}

/// Those for log lines.
[[nodiscard]] inline std::vector<std::string> printable_texts_of(
    const nlohmann::json& object, const char* name, std::size_t limit) {
  std::vector<std::string> texts = texts_of(object, name, limit);
  for (std::string& text : texts) {
    text = printable(text);
  }
  return texts;
}

/// The member's array or object; an empty one when it is absent. A copy: a
/// static default would be destroyed at exit while the engine's threads still
/// read.
[[nodiscard]] inline nlohmann::json array_of(const nlohmann::json& object,
                                             const char* name) {
  const nlohmann::json* member = find_member(object, name);
  return member != nullptr && member->is_array() ? *member
                                                 : nlohmann::json::array();
}
[[nodiscard]] inline nlohmann::json object_of(const nlohmann::json& object,
                                              const char* name) {
  const nlohmann::json* member = find_member(object, name);
  return member != nullptr && member->is_object() ? *member
                                                  : nlohmann::json::object();
}

/// Indented: people read these files. dump() would throw on malformed UTF-8.
[[nodiscard]] inline std::string to_file_text(
    const nlohmann::ordered_json& document) {
  return ordered_text(document, 2) + "\n";
}

}  // namespace acme
