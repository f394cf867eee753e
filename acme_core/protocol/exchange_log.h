// SPDX-License-Identifier: BSD-2-Clause
// What was asked of a CA and what it said, for whoever reads a log at level
// debug: method, URL, status, problem, states; never a token or a key.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "acme_core/env/log.h"
#include "acme_core/net/http_client.h"

namespace acme {

/// Passes requests on, with a line for each.
class ExchangeLog final : public HttpClient {
 public:
  /// `log` outlives it.
  ExchangeLog(std::unique_ptr<HttpClient> http, const EventLog& log);

  [[nodiscard]] HttpResponse send(const HttpRequest& request,
                                  std::stop_token stop) override;

 private:
  const std::unique_ptr<HttpClient> http_;
  const EventLog& log_;
};

/// "POST https://ca.example/order/7: 200, order ready", say. Printable.
[[nodiscard]] std::string describe_exchange(const HttpRequest& request,
                                            const HttpResponse& response);

}  // namespace acme
