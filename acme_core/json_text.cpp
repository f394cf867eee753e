// SPDX-License-Identifier: BSD-2-Clause
// JSON from text and to text.
#include "acme_core/json_text.h"

#include <nlohmann/json.hpp>

namespace acme {
namespace {

constexpr auto kReplace = nlohmann::json::error_handler_t::replace;

}  // namespace

nlohmann::json parse_json(std::string_view text) {
  return nlohmann::json::parse(text.begin(), text.end(), nullptr,
                               /*allow_exceptions=*/false);
}

nlohmann::ordered_json parse_ordered_json(std::string_view text) {
  return nlohmann::ordered_json::parse(text.begin(), text.end(), nullptr,
                                       /*allow_exceptions=*/false);
}

std::string to_text(const nlohmann::json& json, int indent) {
  return json.dump(indent, ' ', false, kReplace);
}

std::string ordered_text(const nlohmann::ordered_json& json, int indent) {
  return json.dump(indent, ' ', false, kReplace);
}

std::string ordered_ascii(const nlohmann::ordered_json& json, int indent) {
  return json.dump(indent, ' ', true, kReplace);
}

}  // namespace acme
