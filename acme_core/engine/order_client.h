// SPDX-License-Identifier: BSD-2-Clause
// The CA's client as one order uses it: what passes within seconds is no
// failure.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "acme_core/env/clock.h"
#include "acme_core/env/log.h"
#include "acme_core/protocol/client.h"

namespace acme {

/// Repeats a request, at most three times within seconds, when nothing but the
/// moment was wrong: the connection broke, something in front of the CA was
/// overloaded (HTTP 502, 503, 504) and asks for no longer pause than that, or
/// what has just been made is not there yet (404). Functions are those of
/// Client, and throw as they do.
class OrderClient {
 public:
  /// All outlive the order's client.
  OrderClient(Client& client, Clock& clock, const EventLog& log)
      : client_(client), clock_(clock), log_(log) {}

  /// Not repeated without an answer: the CA may have opened the order.
  [[nodiscard]] Answer<Order> new_order(const OrderRequest& order,
                                        const std::stop_token& stop);
  /// `is_new`: the CA has just told us of it.
  [[nodiscard]] Answer<Order> fetch_order(const std::string& url,
                                          const std::stop_token& stop,
                                          bool is_new = true);
  /// When the first answer got lost, the order is looked at instead.
  [[nodiscard]] Answer<Order> finalize(const Order& order,
                                       const std::vector<std::uint8_t>& csr,
                                       const std::stop_token& stop);
  [[nodiscard]] Answer<Authorization> fetch_authorization(
      const std::string& url, const std::stop_token& stop);
  void respond(const Challenge& challenge, const std::stop_token& stop);
  [[nodiscard]] Download download_certificate(const std::string& url,
                                              const std::stop_token& stop);

 private:
  enum class Repeats { kAnyPassing, kOnlyAnswered };

  template <typename Action>
  auto patiently(Repeats repeats, bool is_new, const std::stop_token& stop,
                 Action action);
  [[nodiscard]] bool passes(const Error& error, Repeats repeats, bool is_new,
                            TimePoint begun_at) const;

  Client& client_;
  Clock& clock_;
  const EventLog& log_;
};

}  // namespace acme
