// SPDX-License-Identifier: BSD-2-Clause
// One stream of etcd's watch.
#include "acme_core/fleet/etcd_watch.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace acme {
namespace {

// A node sends no more than a request may have (1.5 MiB, unless its operator
// wants more) and half a mebibyte in one fragment, a third longer as base64.
constexpr std::size_t kMostKept = 64 * std::size_t{1024} * 1024;
constexpr int kStreaming = 200;

}  // namespace

EtcdWatch::EtcdWatch(HttpClient& http, HttpRequest request,
                     const ThreadStarter& start_thread) {
  request.on_body = [this](std::string_view piece) { return take(piece); };
  try {
    thread_ = start_thread(
        [this, &http, request = std::move(request)](
            const std::stop_token& stop) { run(http, request, stop); });
  } catch (const std::system_error& error) {
    throw Error(ErrorKind::kOurs, why_no_thread(error));
  }
}

std::optional<EtcdReply> EtcdWatch::next(Clock::time_point until,
                                         const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, stop, until,
                      [this] { return !lines_.empty() || end_; });
  if (stop.stop_requested()) {
    throw Error(ErrorKind::kStopped, "stopping");
  }
  if (!lines_.empty()) {
    EtcdReply line = std::move(lines_.front());
    lines_.pop_front();
    kept_ -= line.body.size();
    return line;
  }
  if (end_) {
    throw Error(*end_);
  }
  return std::nullopt;
}

EtcdWatch::Clock::time_point EtcdWatch::heard() const {
  const std::lock_guard lock(mutex_);
  return heard_;
}

void EtcdWatch::run(HttpClient& http, const HttpRequest& request,
                    const std::stop_token& stop) {
  std::optional<Error> end;
  int status = kStreaming;
  try {
    status = http.send(request, stop).status;
    end.emplace(ErrorKind::kUnavailable, request.url + " has ended");
  } catch (const Error& error) {
    end = error;
  } catch (const std::exception& exception) {
    end.emplace(ErrorKind::kOurs, exception.what());
  }
  const std::lock_guard lock(mutex_);
  if (!beginning_.empty()) {
    keep_line(status);
  }
  end_ = std::move(end);
  changed_.notify_all();
}

bool EtcdWatch::take(std::string_view piece) {
  const std::lock_guard lock(mutex_);
  kept_ += piece.size();
  if (kept_ > kMostKept) {
    return false;
  }
  for (;;) {
    const std::size_t end = piece.find('\n');
    beginning_ += piece.substr(0, end);
    if (end == std::string_view::npos) {
      return true;
    }
    piece.remove_prefix(end + 1);
    --kept_;
    if (!beginning_.empty()) {
      keep_line(kStreaming);
    }
  }
}

// With mutex_ held.
void EtcdWatch::keep_line(int status) {
  lines_.push_back({status, std::exchange(beginning_, {})});
  heard_ = Clock::now();
  changed_.notify_all();
}

}  // namespace acme
