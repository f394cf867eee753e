// SPDX-License-Identifier: BSD-2-Clause
// Who is told of events: a program, a web service, or a test.
#pragma once

#include <stop_token>
#include <string>

#include "acme_core/monitor/event.h"

namespace acme {

struct Delivery {
  enum class End {
    kDone,
    kFailed,       ///< it was told, and told again it would fail again
    kRefused,      ///< it does not take this one: later perhaps
    kUnavailable,  ///< it takes nothing at the moment
  };
  End end = End::kDone;
  std::string why;  ///< for people; empty when it is done
};

/// Used by one thread.
class EventReceiver {
 public:
  virtual ~EventReceiver() = default;

  /// Tells it and waits for the end. `body` is write_queued_event() of the
  /// event with this `id`. Throws Error(kStopped).
  [[nodiscard]] virtual Delivery deliver(const std::string& id,
                                         const Event& event,
                                         const std::string& body,
                                         std::stop_token stop) = 0;

  /// There will be nothing for a while: connections may go.
  virtual void rest() noexcept {}
};

}  // namespace acme
