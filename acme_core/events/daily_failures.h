// SPDX-License-Identifier: BSD-2-Clause
// Of failures, the first is told, and then one a day: until it works again.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "acme_core/monitor/event.h"
#include "acme_core/time_point.h"

namespace acme {

/// Pure: it asks no clock and touches no disk. Not thread-safe.
class DailyFailures {
 public:
  /// Whether the event is to be told. Every other kind is; what was issued,
  /// renewed or has recovered makes the next failure the first one.
  [[nodiscard]] bool is_news(const Event& event, TimePoint now);

  /// For the disk. Failures that were told more than a day ago are left out.
  [[nodiscard]] std::string write(TimePoint now) const;
  /// What is malformed was never told.
  void read(std::string_view text);

  /// Changed since the last write() or read().
  [[nodiscard]] bool is_changed() const noexcept { return is_changed_; }
  void set_saved() noexcept { is_changed_ = false; }

 private:
  std::map<std::string, TimePoint> told_;  ///< by certificate or issuer
  bool is_changed_ = false;
};

}  // namespace acme
