// SPDX-License-Identifier: BSD-2-Clause
// Requests to one CA, counted, and what they tell of the CA.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "acme_core/env/clock.h"
#include "acme_core/monitor/monitor.h"
#include "acme_core/net/http_client.h"

namespace acme {

/// What the requests so far have told.
struct Contact {
  std::optional<TimePoint> last_answer_at;
  bool is_reachable = true;  ///< false: the last request had no answer
  std::string last_problem;  ///< why not
  /// What the CA's clock is ahead of ours, by the Date of its answers, whose
  /// resolution is a second.
  std::optional<std::int64_t> clock_skew_seconds;
};

/// Passes requests on. Thread-safe.
class CountedHttp final : public HttpClient {
 public:
  /// `clock` and `monitor` outlive it.
  CountedHttp(std::unique_ptr<HttpClient> http, std::string issuer,
              Clock& clock, Monitor& monitor);

  [[nodiscard]] HttpResponse send(const HttpRequest& request,
                                  std::stop_token stop) override;

  [[nodiscard]] Contact contact() const;

 private:
  const std::unique_ptr<HttpClient> http_;
  const std::string issuer_;
  Clock& clock_;
  Monitor& monitor_;

  mutable std::mutex mutex_;  ///< guards what follows
  Contact contact_;
};

}  // namespace acme
