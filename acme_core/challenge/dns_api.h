// SPDX-License-Identifier: BSD-2-Clause
// One request to the HTTP interface of a DNS provider.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "acme_core/net/http_client.h"

namespace acme {

/// Posts a document in JSON and returns the body of the answer. Its status has
/// to be 2xx. Otherwise throws Error, which begins with `purpose`: what was to
/// be done for which name. kConfiguration: the server refuses who we are
/// (401, 403); kOurs: whatever else, also no answer, which says nothing
/// about the CA.
std::string post_json(HttpClient& http, const std::string& url,
                      std::string body, std::vector<HttpField> fields,
                      const std::string& purpose, std::stop_token stop);

/// "BASE/path", whether or not `base` ends with "/".
[[nodiscard]] std::string url_below(std::string base, const std::string& path);

}  // namespace acme
