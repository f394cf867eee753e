// SPDX-License-Identifier: BSD-2-Clause
// Requests of one order, repeated when they may work a moment later.
#include "acme_core/engine/order_client.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "acme_core/error.h"

namespace acme {
namespace {

using std::chrono::milliseconds;

constexpr int kMostRepeats = 3;
constexpr milliseconds kFirstPause{250};
// A longer Retry-After, or a request that took longer to fail, is for the
// scheduler: it pauses the issuer.
constexpr milliseconds kLongestPause{5'000};

}  // namespace

bool OrderClient::passes(const Error& error, Repeats repeats, bool is_new,
                         TimePoint begun_at) const {
  const TimePoint now = clock_.now();
  if (error.retry_at().value_or(now) > now + kLongestPause ||
      now - begun_at > kLongestPause) {
    return false;
  }
  switch (error.http_status()) {
    case 0:
      return error.kind() == ErrorKind::kUnavailable &&
             repeats == Repeats::kAnyPassing;
    case 404:
      return is_new;
    case 502:
    case 503:
    case 504:
      return true;
    default:
      return false;
  }
}

template <typename Action>
auto OrderClient::patiently(Repeats repeats, bool is_new,
                            const std::stop_token& stop, Action action) {
  milliseconds pause = kFirstPause;
  for (int tries = 0;; ++tries, pause *= 3) {
    const TimePoint begun_at = clock_.now();
    std::optional<Error> passing;
    try {
      return action();
    } catch (const Error& error) {
      if (tries == kMostRepeats || !passes(error, repeats, is_new, begun_at)) {
        throw;
      }
      passing = error;
    }
    const TimePoint now = clock_.now();
    const milliseconds asked = passing->retry_at().value_or(now) - now;
    log_.info(std::string(passing->what()) + "; asking again at once");
    if (!clock_.sleep_for(std::max(asked, pause), stop)) {
      throw Error(ErrorKind::kStopped, "stopping");
    }
  }
}

Answer<Order> OrderClient::new_order(const OrderRequest& order,
                                     const std::stop_token& stop) {
  return patiently(Repeats::kOnlyAnswered, false, stop,
                   [&] { return client_.new_order(order, stop); });
}

Answer<Order> OrderClient::fetch_order(const std::string& url,
                                       const std::stop_token& stop,
                                       bool is_new) {
  return patiently(Repeats::kAnyPassing, is_new, stop,
                   [&] { return client_.fetch_order(url, stop); });
}

Answer<Order> OrderClient::finalize(const Order& order,
                                    const std::vector<std::uint8_t>& csr,
                                    const std::stop_token& stop) {
  bool is_repeated = false;
  return patiently(Repeats::kAnyPassing, true, stop, [&] {
    if (std::exchange(is_repeated, true)) {
      Answer<Order> now = client_.fetch_order(order.url, stop);
      if (now.resource.status != Order::Status::kReady) {
        return now;
      }
    }
    return client_.finalize(order, csr, stop);
  });
}

Answer<Authorization> OrderClient::fetch_authorization(
    const std::string& url, const std::stop_token& stop) {
  return patiently(Repeats::kAnyPassing, true, stop,
                   [&] { return client_.fetch_authorization(url, stop); });
}

void OrderClient::respond(const Challenge& challenge,
                          const std::stop_token& stop) {
  patiently(Repeats::kAnyPassing, true, stop, [&] {
    client_.respond(challenge, stop);
    return true;
  });
}

Download OrderClient::download_certificate(const std::string& url,
                                           const std::stop_token& stop) {
  return patiently(Repeats::kAnyPassing, true, stop,
                   [&] { return client_.download_certificate(url, stop); });
}

}  // namespace acme
