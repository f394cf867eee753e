// SPDX-License-Identifier: BSD-2-Clause
// Log lines from the engine's threads into nginx's error log.
#pragma once

#include <deque>
#include <mutex>
#include <string>

#include "acme_core/env/log.h"
#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// nginx's log belongs to nginx's thread: its time stamps are only fresh there,
/// and syslog and memory logs are not thread-safe. So lines are queued, and an
/// eventfd wakes nginx's event loop, which writes them.
class HelperLog final : public acme::Logger {
 public:
  HelperLog() = default;
  ~HelperLog() override;
  HelperLog(const HelperLog&) = delete;
  HelperLog& operator=(const HelperLog&) = delete;

  /// Joins the event loop of this process. False when nginx has no connection
  /// left for it; lines are then written by flush() only. `own` gets all lines,
  /// too; it may be nullptr, and outlives this object.
  bool open(ngx_cycle_t* cycle, ngx_log_t* own);

  void write(acme::LogLevel level, std::string_view line) override;
  [[nodiscard]] bool wants(acme::LogLevel level) const override;

  /// Writes what is queued; only from nginx's thread.
  void flush() noexcept;

 private:
  struct Line {
    acme::LogLevel level;
    std::string text;
  };

  std::mutex mutex_;
  std::deque<Line> lines_;
  std::size_t lost_ = 0;
  ngx_log_t* own_ = nullptr;
  ngx_uint_t finest_ = NGX_LOG_DEBUG;  ///< the level that somebody reads
  int event_ = -1;
  ngx_connection_t* connection_ = nullptr;
};

}  // namespace ngx_acme
