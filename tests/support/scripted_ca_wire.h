// SPDX-License-Identifier: BSD-2-Clause
// How the scripted CA reads and writes. Included by its .cpp files only.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/crypto/base64url.h"
#include "tests/support/scripted_ca.h"

namespace acme {

inline std::string decoded_text(const nlohmann::json& member) {
  const auto bytes = base64url_decode(member.get<std::string>()).value();
  return {bytes.begin(), bytes.end()};
}

inline HttpResponse json_response(int status, const nlohmann::json& document) {
  HttpResponse response;
  response.status = status;
  response.body = document.dump();
  response.headers.emplace("content-type", "application/json");
  return response;
}

inline HttpResponse problem_response(int status, const std::string& type,
                                     const std::string& detail) {
  return json_response(status, {{"type", "urn:ietf:params:acme:error:" + type},
                                {"detail", detail},
                                {"status", status}});
}

/// A request taken apart.
struct ScriptedCa::Posted {
  std::vector<std::string> path;  ///< {"authz", "3", "1"}
  nlohmann::json header;
  std::string payload;

  [[nodiscard]] std::size_t number(std::size_t part) const {
    return std::stoul(path.at(part));
  }
  [[nodiscard]] std::string kid() const { return header.value("kid", ""); }
  /// The payload's object; empty for a POST-as-GET.
  [[nodiscard]] nlohmann::json document() const {
    return payload.empty() ? nlohmann::json::object()
                           : nlohmann::json::parse(payload);
  }
};

}  // namespace acme
