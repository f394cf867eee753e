// SPDX-License-Identifier: BSD-2-Clause
// The queue between the engine's threads and nginx's error log.
#include "ngx_module/helper/helper_log.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "ngx_module/nginx/ngx_guard.h"

namespace ngx_acme {
namespace {

// More lines than this between two turns of the event loop are counted only.
constexpr std::size_t kQueueLimit = 10'000;

ngx_uint_t nginx_level(acme::LogLevel level) noexcept {
  switch (level) {
    case acme::LogLevel::kDebug:
      return NGX_LOG_DEBUG;
    case acme::LogLevel::kInfo:
      return NGX_LOG_INFO;
    case acme::LogLevel::kNotice:
      return NGX_LOG_NOTICE;
    case acme::LogLevel::kWarn:
      return NGX_LOG_WARN;
    case acme::LogLevel::kError:
      break;
  }
  return NGX_LOG_ERR;
}

void on_event(ngx_event_t* event) noexcept {
  auto* connection = static_cast<ngx_connection_t*>(event->data);
  std::uint64_t count = 0;
  while (read(connection->fd, &count, sizeof(count)) > 0) {
  }
  event->ready = 0;
  static_cast<HelperLog*>(connection->data)->flush();
  if (ngx_handle_read_event(event, 0) != NGX_OK) {
    ngx_log_error(NGX_LOG_ALERT, event->log, 0,
                  "acme: cannot wait for log lines");
  }
}

}  // namespace

HelperLog::~HelperLog() {
  if (connection_ != nullptr) {
    ngx_close_connection(connection_);
  } else if (event_ != -1) {
    close(event_);
  }
}

bool HelperLog::open(ngx_cycle_t* cycle, ngx_log_t* own) {
  own_ = own;
  finest_ = cycle->log->log_level;
  if (own_ != nullptr) {
    finest_ = std::max(finest_, own_->log_level);
  }
  event_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (event_ == -1) {
    return false;
  }
  connection_ = ngx_get_connection(event_, cycle->log);
  if (connection_ == nullptr) {
    return false;
  }
  connection_->data = this;
  connection_->read->handler = on_event;
  connection_->read->log = cycle->log;
  connection_->write->log = cycle->log;
  return ngx_handle_read_event(connection_->read, 0) == NGX_OK;
}

bool HelperLog::wants(acme::LogLevel level) const {
  return nginx_level(level) <= finest_;
}

void HelperLog::write(acme::LogLevel level, std::string_view line) {
  if (!wants(level)) {
    return;
  }
  const std::lock_guard lock(mutex_);
  if (lines_.size() >= kQueueLimit) {
    ++lost_;
    return;
  }
  lines_.push_back({level, std::string(line)});
  if (lines_.size() == 1 && event_ != -1) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t count = ::write(event_, &one, sizeof(one));
  }
}

void HelperLog::flush() noexcept {
  std::deque<Line> lines;
  std::size_t lost = 0;
  {
    const std::lock_guard lock(mutex_);
    lines.swap(lines_);
    lost = std::exchange(lost_, 0);
  }
  for (const Line& line : lines) {
    ngx_log_error(nginx_level(line.level), ngx_cycle->log, 0, "%s",
                  line.text.c_str());
    if (own_ != nullptr) {
      ngx_log_error(nginx_level(line.level), own_, 0, "%s", line.text.c_str());
    }
  }
  if (lost != 0) {
    ngx_log_error(
        NGX_LOG_WARN, ngx_cycle->log, 0,
        "acme: %uz log lines were dropped, as the error log took them "
        "too slowly: look at the disk it is on",
        lost);
  }
}

}  // namespace ngx_acme
