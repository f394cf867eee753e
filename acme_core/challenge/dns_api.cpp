// SPDX-License-Identifier: BSD-2-Clause
// One request to the HTTP interface of a DNS provider.
#include "acme_core/challenge/dns_api.h"

#include <utility>

#include "acme_core/env/log.h"
#include "acme_core/error.h"

namespace acme {
namespace {

constexpr std::size_t kShownBody = 256;

HttpResponse send(HttpClient& http, const HttpRequest& request,
                  const std::string& purpose, std::stop_token stop) {
  try {
    return http.send(request, std::move(stop));
  } catch (Error& error) {
    if (error.kind() == ErrorKind::kUnavailable) {
      throw Error(ErrorKind::kOurs, purpose + " failed: " + error.what());
    }
    throw;
  }
}

}  // namespace

std::string post_json(HttpClient& http, const std::string& url,
                      std::string body, std::vector<HttpField> fields,
                      const std::string& purpose, std::stop_token stop) {
  HttpRequest request;
  request.method = HttpRequest::Method::kPost;
  request.url = url;
  request.body = std::move(body);
  request.content_type = "application/json";
  request.accept = "application/json";
  request.fields = std::move(fields);
  HttpResponse response = send(http, request, purpose, std::move(stop));
  if (response.status / 100 != 2) {
    const std::string said = printable(response.body, kShownBody);
    throw Error(response.status == 401 || response.status == 403
                    ? ErrorKind::kConfiguration
                    : ErrorKind::kOurs,
                purpose + " failed: " + url + " answers HTTP " +
                    std::to_string(response.status) +
                    (said.empty() ? "" : ": " + said));
  }
  return std::move(response.body);
}

std::string url_below(std::string base, const std::string& path) {
  if (!base.ends_with('/')) {
    base += '/';
  }
  return base + path;
}

}  // namespace acme
