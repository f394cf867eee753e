// SPDX-License-Identifier: BSD-2-Clause
// DNS records published by a web service with lego's httpreq interface.
#include "acme_core/challenge/httpreq.h"

#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "acme_core/challenge/dns_api.h"
#include "acme_core/crypto/base64url.h"
#include "acme_core/json_text.h"
#include "acme_core/secret.h"

namespace acme {
namespace {

// "Basic " and the user's id and password in base64 (RFC 7617 section 2).
SecretBytes credentials(const std::string& user, const SecretBytes& password) {
  SecretBytes pair(user.begin(), user.end());
  pair.push_back(':');
  pair.insert(pair.end(), password.begin(), password.end());
  std::string encoded = base64url_encode(pair);
  constexpr std::string_view kScheme = "Basic ";
  SecretBytes value(kScheme.begin(), kScheme.end());
  for (const char c : encoded) {
    value.push_back(static_cast<std::uint8_t>(c == '-'   ? '+'
                                              : c == '_' ? '/'
                                                         : c));
  }
  value.insert(value.end(), (4 - encoded.size() % 4) % 4, '=');
  wipe(encoded.data(), encoded.size());
  return value;
}

}  // namespace

HttpReqProvider::HttpReqProvider(HttpReqSpec spec, HttpClient& http)
    : spec_(std::move(spec)), http_(http) {}

void HttpReqProvider::present(const DnsRecord& record, std::stop_token stop) {
  post("present", record, std::move(stop));
}

void HttpReqProvider::cleanup(const DnsRecord& record, std::stop_token stop) {
  post("cleanup", record, std::move(stop));
}

void HttpReqProvider::post(const std::string& action, const DnsRecord& record,
                           std::stop_token stop) {
  std::vector<HttpField> fields;
  if (!spec_.user.empty()) {
    fields.push_back(
        {"Authorization", credentials(spec_.user, spec_.password)});
  }
  const nlohmann::ordered_json document{{"fqdn", record.fqdn},
                                        {"value", record.value}};
  static_cast<void>(post_json(http_, url_below(spec_.url, action),
                              ordered_text(document), std::move(fields),
                              "httpreq: " + action + " " + record.fqdn,
                              std::move(stop)));
}

}  // namespace acme
