// SPDX-License-Identifier: BSD-2-Clause
// Reading and writing the JSON files of a state directory. Whatever is in them
// may be torn or somebody else's: members of the wrong type count as absent.
// Included by .cpp files only, so that JSON stays out of our headers.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "acme_core/env/log.h"
#include "acme_core/time_point.h"

namespace acme {

/// Indented: people read these files. dump() would throw on malformed UTF-8.
[[nodiscard]] inline std::string to_file_text(
    const nlohmann::ordered_json& document) {
  return document.dump(2, ' ', false,
                       nlohmann::json::error_handler_t::replace) +
         "\n";
}

/// Malformed text becomes a document without members.
[[nodiscard]] inline nlohmann::json parse_file_text(std::string_view text) {
  nlohmann::json document = nlohmann::json::parse(text, nullptr, false);
  return document.is_object() ? document : nlohmann::json::object();
}

/// An empty array or object when the member is absent. A copy: a static default
/// would be destroyed at exit while the engine's threads still read.
[[nodiscard]] inline nlohmann::json array_member(const nlohmann::json& document,
                                                 const char* name) {
  const auto member =
      document.is_object() ? document.find(name) : document.end();
  return member != document.end() && member->is_array()
             ? *member
             : nlohmann::json::array();
}
[[nodiscard]] inline nlohmann::json object_member(
    const nlohmann::json& document, const char* name) {
  const auto member =
      document.is_object() ? document.find(name) : document.end();
  return member != document.end() && member->is_object()
             ? *member
             : nlohmann::json::object();
}

/// Empty when the member is absent.
[[nodiscard]] inline std::string string_member(const nlohmann::json& document,
                                               const char* name) {
  if (!document.is_object()) {
    return {};
  }
  const auto member = document.find(name);
  return member != document.end() && member->is_string()
             ? member->get<std::string>()
             : std::string();
}

/// The same for text that goes into log lines: printable, at most 1024 bytes.
[[nodiscard]] inline std::string printable_member(
    const nlohmann::json& document, const char* name) {
  return printable(string_member(document, name));
}

/// False when the member is absent.
[[nodiscard]] inline bool flag_member(const nlohmann::json& document,
                                      const char* name) {
  const auto member =
      document.is_object() ? document.find(name) : document.end();
  return member != document.end() && member->is_boolean() &&
         member->get<bool>();
}

/// nullopt when the member is no RFC 3339 time.
[[nodiscard]] inline std::optional<TimePoint> time_member(
    const nlohmann::json& document, const char* name) {
  return parse_rfc3339(string_member(document, name));
}

}  // namespace acme
