// SPDX-License-Identifier: BSD-2-Clause
// How far something is.
#include "acmectl/step_line.h"

#include "acmectl/text_width.h"

namespace acmectl {
namespace {

constexpr std::string_view kClearLine = "\r\033[K";

}  // namespace

void StepLine::show(std::string_view words) {
  if (words == shown_) {
    return;
  }
  shown_ = words;
  if (screen_.err_is_terminal) {
    // One column stays free, or some terminals begin another line.
    screen_.err << kClearLine << fitted(words, screen_.width - 1) << std::flush;
  } else {
    screen_.err << words << std::endl;
  }
}

void StepLine::end() {
  if (screen_.err_is_terminal && !shown_.empty()) {
    screen_.err << kClearLine << std::flush;
  }
  shown_.clear();
}

}  // namespace acmectl
