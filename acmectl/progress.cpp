// SPDX-License-Identifier: BSD-2-Clause
// How far long work has come.
#include "acmectl/progress.h"

namespace acmectl {
namespace {

constexpr std::chrono::milliseconds kPause{100};

}  // namespace

void Progress::show(const std::string& what, std::size_t done,
                    std::size_t all) {
  const auto now = std::chrono::steady_clock::now();
  if (!is_terminal_ || all == 0 || (is_shown_ && now - shown_at_ < kPause)) {
    return;
  }
  out_ << "\r\033[K" << what << ' ' << done << '/' << all << ' '
       << done * 100 / all << " %" << std::flush;
  is_shown_ = true;
  shown_at_ = now;
}

void Progress::clear() {
  if (is_shown_) {
    out_ << "\r\033[K" << std::flush;
    is_shown_ = false;
  }
}

}  // namespace acmectl
