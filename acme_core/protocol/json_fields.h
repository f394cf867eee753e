// SPDX-License-Identifier: BSD-2-Clause
// The members that ACME's JSON has.
// Included by .cpp files only, so that JSON stays out of our headers.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/identifier.h"
#include "acme_core/json_text.h"
#include "acme_core/storage/json_members.h"

namespace acme {

/// The member's text when it is an https URL (RFC 8555 section 6.1), else "".
[[nodiscard]] inline std::string url_of(const nlohmann::json& object,
                                        const char* name) {
  std::string url = text_of(object, name);
  return url.starts_with("https://") ? std::move(url) : std::string();
}

/// {"type": "dns", "value": "…"} (RFC 8555 section 9.7.7, RFC 8738).
[[nodiscard]] inline nlohmann::json identifier_json(
    const Identifier& identifier) {
  return {{"type", identifier.type == Identifier::Type::kDns ? "dns" : "ip"},
          {"value", identifier.value}};
}

/// {"type": "dns", "value": "…"}; nullopt for other types and malformed values.
[[nodiscard]] inline std::optional<Identifier> identifier_of(
    const nlohmann::json& object) {
  auto identifier = parse_identifier(text_of(object, "value"));
  const std::string type = text_of(object, "type");
  if (!identifier ||
      type != (identifier->type == Identifier::Type::kDns ? "dns" : "ip")) {
    return std::nullopt;
  }
  return identifier;
}

/// What a CA is called in DNS records that stay (draft-ietf-acme-dns-persist):
/// at most ten names; a longer list is malformed and counts as empty. Names
/// that could not be one are left out: they would go into a record that a
/// person is told to make.
[[nodiscard]] inline std::vector<std::string> domain_names_of(
    const nlohmann::json& object, const char* name) {
  constexpr std::size_t kMost = 10;
  std::vector<std::string> names;
  const nlohmann::json* list = find_member(object, name);
  if (list == nullptr || !list->is_array() || list->size() > kMost) {
    return names;
  }
  for (const nlohmann::json& entry : *list) {
    const auto parsed = entry.is_string()
                            ? parse_identifier(entry.get<std::string>())
                            : std::nullopt;
    if (parsed && parsed->type == Identifier::Type::kDns &&
        !parsed->is_wildcard()) {
      names.push_back(parsed->value);
    }
  }
  return names;
}

}  // namespace acme
