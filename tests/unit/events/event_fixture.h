// SPDX-License-Identifier: BSD-2-Clause
// Events, and a receiver that does what a test says.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "acme_core/error.h"
#include "acme_core/events/event_receiver.h"
#include "acme_core/time_point.h"

namespace acme {

inline constexpr TimePoint kNewYear =
    std::chrono::sys_days(std::chrono::year(2026) / std::chrono::January / 1);

inline Event renewed(const std::string& name = "www.example.com") {
  return {.kind = EventKind::kRenewed,
          .at = kNewYear,
          .issuer = "ca",
          .certificate = name,
          .storage_name = name + "-0123456789abcdef",
          .identifiers = {name, "example.org"},
          .key = "ecdsa:256",
          .serial = "0a1b",
          .not_after = kNewYear + std::chrono::days(90),
          .state_path = "/var/lib/acme",
          .text = "renewed by ca"};
}

inline Event failed(const std::string& name = "www.example.com") {
  Event event = renewed(name);
  event.kind = EventKind::kFailed;
  event.text = "no answer";
  return event;
}

inline Event issuer_down() {
  Event event;
  event.kind = EventKind::kIssuerDown;
  event.at = kNewYear;
  event.issuer = "ca";
  return event;
}

/// What came of the deliveries to one receiver. Thread-safe.
class Deliveries {
 public:
  using Answer = std::function<Delivery(const Event&, std::stop_token)>;

  explicit Deliveries(Answer answer =
                          [](const Event&, const std::stop_token&) {
                            return Delivery{};
                          })
      : answer_(std::move(answer)) {}

  void answer_from_now_on(Answer answer) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
  }

  Delivery take(const std::string& id, const Event& event,
                std::stop_token stop) {
    Answer answer;
    {
      const std::lock_guard lock(mutex_);
      answer = answer_;
      begun_.push_back(event.certificate);
      ids_.push_back(id);
      changed_.notify_all();
    }
    return answer(event, std::move(stop));
  }

  /// Blocks until that many have begun: certificates, in order.
  std::vector<std::string> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return begun_.size() >= count; });
    return begun_;
  }
  [[nodiscard]] std::vector<std::string> begun() {
    const std::lock_guard lock(mutex_);
    return begun_;
  }
  [[nodiscard]] std::vector<std::string> ids() {
    const std::lock_guard lock(mutex_);
    return ids_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  Answer answer_;
  std::vector<std::string> begun_;
  std::vector<std::string> ids_;
};

class TestReceiver final : public EventReceiver {
 public:
  explicit TestReceiver(Deliveries& deliveries) : deliveries_(deliveries) {}

  [[nodiscard]] Delivery deliver(const std::string& id, const Event& event,
                                 const std::string&,
                                 std::stop_token stop) override {
    return deliveries_.take(id, event, std::move(stop));
  }

 private:
  Deliveries& deliveries_;
};

/// As a program that hangs until it is killed.
inline Delivery hang(const Event&, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait(lock, stop, [] { return false; });
  throw Error(ErrorKind::kStopped, "stopped");
}

}  // namespace acme
