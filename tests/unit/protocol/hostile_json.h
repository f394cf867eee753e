// SPDX-License-Identifier: BSD-2-Clause
// Documents that are almost right.
#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace acme {

/// A good document in which one member, however deep, is missing or has a
/// value of another type.
struct SpoiledDocument {
  std::string member;  ///< as a JSON pointer: "/meta/website"
  std::string text;
};

inline std::vector<SpoiledDocument> spoiled(const nlohmann::json& good) {
  using nlohmann::json;
  static const std::vector<json> kValues{nullptr,
                                         true,
                                         7,
                                         -7,
                                         1.5,
                                         "text",
                                         json::array(),
                                         json::object(),
                                         json::array({json::array()})};
  std::vector<SpoiledDocument> documents;
  const json flat = good.flatten();
  std::vector<std::string> members;
  for (const auto& [leaf, value] : flat.items()) {
    // The leaf and everything around it.
    for (std::string member = leaf; !member.empty();
         member.erase(member.rfind('/'))) {
      if (std::find(members.begin(), members.end(), member) == members.end()) {
        members.push_back(member);
      }
    }
  }
  for (const std::string& member : members) {
    const json::json_pointer pointer(member);
    json without = good;
    json& parent = without.at(pointer.parent_pointer());
    if (parent.is_object()) {
      parent.erase(pointer.back());
      documents.push_back({member, without.dump()});
    }
    for (const json& value : kValues) {
      const json& replaced = good.at(pointer);
      if (value.type() != replaced.type() &&
          !(value.is_number() && replaced.is_number())) {
        json other = good;
        other.at(pointer) = value;
        documents.push_back({member, other.dump()});
      }
    }
  }
  return documents;
}

/// Texts that no parser may take for a resource: the document cut at every
/// byte, and JSON of other shapes.
inline std::vector<std::string> unreadable(const nlohmann::json& good) {
  const std::string text = good.dump();
  std::vector<std::string> texts{"null",
                                 "true",
                                 "7",
                                 "\"text\"",
                                 "[]",
                                 "[" + text + "]",
                                 text + "}",
                                 text + text,
                                 "<html>502 Bad Gateway</html>",
                                 "\xff\xfe",
                                 std::string(1, '\0')};
  for (std::size_t size = 0; size < text.size(); ++size) {
    texts.push_back(text.substr(0, size));
  }
  return texts;
}

/// `depth` arrays in each other.
inline std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

/// Deeper than a stack is, and still a response the client reads.
inline constexpr std::size_t kDeepest = 200'000;

}  // namespace acme
