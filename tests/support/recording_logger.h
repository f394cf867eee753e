// SPDX-License-Identifier: BSD-2-Clause
// A logger that keeps its lines for a test to look at.
#pragma once

#include <algorithm>
#include <mutex>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/env/log.h"

namespace acme {

/// Thread-safe.
class RecordingLogger final : public Logger {
 public:
  struct Line {
    LogLevel level;
    std::string text;

    bool operator==(const Line&) const = default;
    friend std::ostream& operator<<(std::ostream& out, const Line& line) {
      return out << static_cast<int>(line.level) << ": " << line.text;
    }
  };

  void write(LogLevel level, std::string_view line) override {
    const std::lock_guard lock(mutex_);
    lines_.push_back({level, std::string(line)});
  }

  [[nodiscard]] std::vector<Line> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

  /// How many lines have at least this level.
  [[nodiscard]] std::size_t count_from(LogLevel level) const {
    return count_if([level](const Line& line) { return line.level >= level; });
  }

  /// How many lines contain `text`.
  [[nodiscard]] std::size_t count_of(std::string_view text) const {
    return count_if([text](const Line& line) {
      return line.text.find(text) != std::string::npos;
    });
  }

  [[nodiscard]] bool contains(std::string_view text) const {
    return count_of(text) > 0;
  }

  void clear() {
    const std::lock_guard lock(mutex_);
    lines_.clear();
  }

 private:
  template <typename Predicate>
  [[nodiscard]] std::size_t count_if(Predicate predicate) const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(
        std::count_if(lines_.begin(), lines_.end(), predicate));
  }

  mutable std::mutex mutex_;
  std::vector<Line> lines_;
};

}  // namespace acme
