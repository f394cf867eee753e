// SPDX-License-Identifier: BSD-2-Clause
// One question to a status responder.
#include "acme_core/engine/ocsp_exchange.h"

#include <string>

#include "acme_core/crypto/base64url.h"
#include "acme_core/env/log.h"
#include "acme_core/error.h"
#include "acme_core/protocol/retry_after.h"

namespace acme {
namespace {

// RFC 5019 section 5.
constexpr std::size_t kLongestGet = 255;

// Base64 of the request with what a URL's path does not take as it is escaped.
std::string escaped_base64(std::span<const std::uint8_t> request) {
  std::string text = base64url_encode(request);
  const std::size_t padding = (4 - text.size() % 4) % 4;
  std::string escaped;
  for (const char c : text) {
    if (c == '-') {
      escaped += "%2B";
    } else if (c == '_') {
      escaped += "%2F";
    } else {
      escaped += c;
    }
  }
  for (std::size_t i = 0; i < padding; ++i) {
    escaped += "%3D";
  }
  return escaped;
}

bool is_refused_as_get(int status) {
  return status >= 400 && status < 500 && status != 429;
}

}  // namespace

HttpResponse ask_responder(HttpClient& http, const std::string& url,
                           std::span<const std::uint8_t> request,
                           const Clock& clock, const std::stop_token& stop) {
  constexpr const char* kAccept = "application/ocsp-response";
  HttpRequest get;
  get.url = url + (url.ends_with('/') ? "" : "/") + escaped_base64(request);
  get.accept = kAccept;
  const bool is_short = get.url.size() <= kLongestGet;
  HttpResponse response;
  if (is_short) {
    response = http.send(get, stop);
  }
  if (!is_short || is_refused_as_get(response.status)) {
    HttpRequest post;
    post.method = HttpRequest::Method::kPost;
    post.url = url;
    post.body.assign(request.begin(), request.end());
    post.content_type = "application/ocsp-request";
    post.accept = kAccept;
    response = http.send(post, stop);
  }
  if (response.status != 200) {
    throw Error(ErrorKind::kUnavailable, "the responder " + url +
                                             " answers with status " +
                                             std::to_string(response.status))
        .with_retry_at(retry_after(response, clock.now()));
  }
  return response;
}

}  // namespace acme
