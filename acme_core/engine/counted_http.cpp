// SPDX-License-Identifier: BSD-2-Clause
// Requests to one CA, counted.
#include "acme_core/engine/counted_http.h"

#include <chrono>
#include <utility>

#include "acme_core/error.h"

namespace acme {

CountedHttp::CountedHttp(std::unique_ptr<HttpClient> http, std::string issuer,
                         Clock& clock, Monitor& monitor)
    : http_(std::move(http)),
      issuer_(std::move(issuer)),
      clock_(clock),
      monitor_(monitor) {}

HttpResponse CountedHttp::send(const HttpRequest& request,
                               std::stop_token stop) {
  const SteadyPoint begun = clock_.steady_now();
  const auto count = [&](int status) {
    count_request(monitor_, issuer_, status,
                  std::chrono::duration_cast<std::chrono::microseconds>(
                      clock_.steady_now() - begun));
  };
  try {
    HttpResponse response = http_->send(request, std::move(stop));
    count(response.status);
    const TimePoint now = clock_.now();
    const auto date = response.header("date");
    const auto ca_time = date ? parse_http_date(*date) : std::nullopt;
    const std::lock_guard lock(mutex_);
    contact_.is_reachable = true;
    contact_.last_answer_at = now;
    contact_.last_problem.clear();
    if (ca_time) {
      contact_.clock_skew_seconds =
          std::chrono::floor<std::chrono::seconds>(
              *ca_time - std::chrono::floor<std::chrono::seconds>(now))
              .count();
    }
    return response;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kStopped) {
      count(0);
      const std::lock_guard lock(mutex_);
      contact_.is_reachable = false;
      contact_.last_problem = error.what();
    }
    throw;
  }
}

Contact CountedHttp::contact() const {
  const std::lock_guard lock(mutex_);
  return contact_;
}

}  // namespace acme
