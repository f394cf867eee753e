// SPDX-License-Identifier: BSD-2-Clause
// Events told to a web service.
#include "acme_core/events/webhook.h"

#include <chrono>
#include <utility>

#include "acme_core/crypto/digest.h"
#include "acme_core/env/log.h"
#include "acme_core/error.h"
#include "acme_core/hexadecimal.h"

namespace acme {
namespace {

using End = Delivery::End;

// How long the answer to what was sent may take when nginx wants to end: asked
// again, the service would hear of the event twice.
constexpr std::chrono::milliseconds kGrace{1'500};
constexpr std::size_t kShownBody = 256;

HttpField field(std::string name, std::string_view value) {
  return {std::move(name), SecretBytes(value.begin(), value.end())};
}

// Of an answer that is no success: what asks for patience, the service's own
// trouble, or its judgement on this one event.
End end_of(int status) {
  constexpr int kRequestTimeout = 408;
  constexpr int kTooEarly = 425;
  constexpr int kTooMany = 429;
  return status >= 500 || status == kRequestTimeout || status == kTooEarly ||
                 status == kTooMany
             ? End::kUnavailable
             : End::kRefused;
}

std::string words_for(const HttpResponse& response) {
  std::string text = "it answers HTTP " + std::to_string(response.status);
  if (response.status / 100 == 3) {
    return text +
           ", a redirect, which is not followed: name the URL it leads to in "
           "\"acme_on\"";
  }
  const std::string said = printable(response.body, kShownBody);
  return said.empty() ? text : text + ": " + said;
}

}  // namespace

std::string webhook_signature(const SecretBytes& secret,
                              const std::string& timestamp,
                              const std::string& body) {
  return "sha256=" + to_hex(hmac_sha256(secret, timestamp + "." + body));
}

Webhook::Webhook(WebhookSpec spec, const Clock& clock, Connect connect)
    : spec_(std::move(spec)), clock_(clock), connect_(std::move(connect)) {}

HttpRequest Webhook::request(const std::string& body) const {
  HttpRequest request;
  request.method = HttpRequest::Method::kPost;
  request.url = spec_.url;
  request.body = body;
  request.content_type = "application/json";
  request.grace = kGrace;
  const std::string timestamp =
      std::to_string(std::chrono::floor<std::chrono::seconds>(clock_.now())
                         .time_since_epoch()
                         .count());
  request.fields.push_back(field("Acme-Timestamp", timestamp));
  if (!spec_.secret.empty()) {
    request.fields.push_back(field(
        "Acme-Signature", webhook_signature(spec_.secret, timestamp, body)));
  }
  return request;
}

Delivery Webhook::deliver(const std::string&, const Event&,
                          const std::string& body, std::stop_token stop) {
  try {
    if (!http_) {
      http_ = connect_(spec_.url);
    }
    const HttpResponse response = http_->send(request(body), std::move(stop));
    if (response.status / 100 == 2) {
      return {};
    }
    return {end_of(response.status), words_for(response)};
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kStopped) {
      throw;
    }
    return {End::kUnavailable, error.what()};
  }
}

void Webhook::rest() noexcept { http_.reset(); }

}  // namespace acme
