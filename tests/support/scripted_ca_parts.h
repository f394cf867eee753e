// SPDX-License-Identifier: BSD-2-Clause
// What the files of ScriptedCa share. Included by them only.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "acme_core/crypto/base64url.h"
#include "tests/support/scripted_ca.h"

namespace acme {

using nlohmann::json;

inline const std::string kBase = "https://ca.example/";

inline std::string decoded(const json& member) {
  const auto bytes = base64url_decode(member.get<std::string>()).value();
  return {bytes.begin(), bytes.end()};
}

inline HttpResponse json_response(int status, const json& document) {
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

// "https://ca.example/authz/3/1" as {"authz", "3", "1"}.
inline std::vector<std::string> path_of(const std::string& url) {
  std::vector<std::string> parts;
  std::istringstream rest(url.substr(kBase.size()));
  for (std::string part; std::getline(rest, part, '/');) {
    parts.push_back(part);
  }
  return parts;
}

inline Resource resource_of(const std::string& name) {
  static const std::map<std::string, Resource> kNames{
      {"dir", Resource::kDirectory},
      {"nonce", Resource::kNonce},
      {"account", Resource::kAccount},
      {"new-order", Resource::kNewOrder},
      {"order", Resource::kOrder},
      {"authz", Resource::kAuthorization},
      {"challenge", Resource::kChallenge},
      {"finalize", Resource::kFinalize},
      {"certificate", Resource::kCertificate},
      {"acct", Resource::kKnownAccount},
      {"orders", Resource::kOrderList},
      {"key-change", Resource::kKeyChange},
      {"revoke", Resource::kRevocation},
      {"renewal-info", Resource::kRenewalInfo}};
  return kNames.at(name);
}

inline std::string token_of(std::size_t order, std::size_t index) {
  return "token-" + std::to_string(order) + "-" + std::to_string(index);
}

inline std::string url_of(const std::string& name, std::size_t order) {
  return kBase + name + "/" + std::to_string(order);
}

inline std::string url_of(const std::string& name, std::size_t order,
                          std::size_t index) {
  return url_of(name, order) + "/" + std::to_string(index);
}

// A request taken apart.
struct ScriptedCa::Posted {
  std::vector<std::string> path;
  json header;
  std::string payload;

  [[nodiscard]] std::size_t number(std::size_t part) const {
    return std::stoul(path.at(part));
  }
};

}  // namespace acme
