// SPDX-License-Identifier: BSD-2-Clause
// Any amount of foreign output as a few lines for the log.
#include "acme_core/env/output_lines.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "acme_core/env/log.h"

namespace acme {

void OutputLines::add(std::string_view piece) {
  while (!piece.empty()) {
    const std::size_t newline = piece.find('\n');
    const std::string_view text = piece.substr(0, newline);
    const std::size_t room = kLongestLine - line_.size();
    line_ += text.substr(0, room);
    line_is_cut_ = line_is_cut_ || text.size() > room;
    if (newline == std::string_view::npos) {
      return;
    }
    end_line();
    piece.remove_prefix(newline + 1);
  }
}

void OutputLines::end_line() {
  if (line_.ends_with('\r')) {
    line_.pop_back();
  }
  std::replace(line_.begin(), line_.end(), '\t', ' ');
  if (!line_.empty()) {
    std::string line = printable(line_, kLongestLine);
    if (line_is_cut_) {
      line += "...";
    }
    if (first_.size() < kFirstLines) {
      first_.push_back(std::move(line));
    } else {
      last_.push_back(std::move(line));
    }
    if (last_.size() > kLastLines) {
      last_.pop_front();
      ++left_out_;
    }
  }
  line_.clear();
  line_is_cut_ = false;
}

std::vector<std::string> OutputLines::take() {
  end_line();
  std::vector<std::string> lines = std::exchange(first_, {});
  if (left_out_ > 0) {
    lines.push_back("(" + std::to_string(std::exchange(left_out_, 0)) +
                    " lines are left out)");
  }
  std::move(last_.begin(), last_.end(), std::back_inserter(lines));
  last_.clear();
  return lines;
}

}  // namespace acme
