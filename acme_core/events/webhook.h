// SPDX-License-Identifier: BSD-2-Clause
// Events told to a web service.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "acme_core/env/clock.h"
#include "acme_core/events/event_action.h"
#include "acme_core/events/event_receiver.h"
#include "acme_core/net/http_client.h"

namespace acme {

/// Posts the JSON. Any answer with a status of 2xx is success; redirects are
/// not followed. With a secret, "Acme-Timestamp" has the seconds since 1970,
/// and "Acme-Signature" is "sha256=" and, in hexadecimal, the HMAC-SHA256 of
/// the timestamp, a dot and the body.
class Webhook final : public EventReceiver {
 public:
  using Connect =
      std::function<std::unique_ptr<HttpClient>(const std::string& url)>;

  /// `connect` gives a client for URLs of this scheme.
  Webhook(WebhookSpec spec, const Clock& clock, Connect connect);

  [[nodiscard]] Delivery deliver(const std::string& id, const Event& event,
                                 const std::string& body,
                                 std::stop_token stop) override;
  void rest() noexcept override;

 private:
  [[nodiscard]] HttpRequest request(const std::string& body) const;

  const WebhookSpec spec_;
  const Clock& clock_;
  const Connect connect_;
  std::unique_ptr<HttpClient> http_;
};

/// What "Acme-Signature" has for a body that is sent at this time.
[[nodiscard]] std::string webhook_signature(const SecretBytes& secret,
                                            const std::string& timestamp,
                                            const std::string& body);

}  // namespace acme
