// SPDX-License-Identifier: BSD-2-Clause
// Single values out of the JSON files of other clients.
#include "acmectl/import/client_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "acme_core/json_text.h"

namespace acmectl {
namespace {

using nlohmann::json;

json value_at(std::string_view text, std::initializer_list<const char*> path) {
  json value = acme::parse_json(text);
  for (const char* member : path) {
    if (!value.is_object() || !value.contains(member)) {
      return nullptr;
    }
    json below = std::move(value[member]);
    value = std::move(below);
  }
  return value;
}

std::string text_of(const json& value) {
  const std::string text = value.is_string() ? value.get<std::string>() : "";
  const bool is_printable = std::all_of(
      text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
  return is_printable ? text : "";
}

}  // namespace

std::string json_text(std::string_view json,
                      std::initializer_list<const char*> path) {
  return text_of(value_at(json, path));
}

std::vector<std::string> json_texts(std::string_view json,
                                    std::initializer_list<const char*> path) {
  std::vector<std::string> texts;
  const auto values = value_at(json, path);
  if (values.is_array()) {
    for (const auto& value : values) {
      if (std::string text = text_of(value); !text.empty()) {
        texts.push_back(std::move(text));
      }
    }
  }
  return texts;
}

}  // namespace acmectl
