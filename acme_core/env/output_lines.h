// SPDX-License-Identifier: BSD-2-Clause
// Any amount of foreign output as a few lines for the log.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace acme {

/// Holds at most 50 KiB, whatever it is given.
class OutputLines {
 public:
  static constexpr std::size_t kLongestLine = 512;
  static constexpr std::size_t kFirstLines = 50;
  static constexpr std::size_t kLastLines = 50;

  /// Takes the next piece of the output, which may begin and end anywhere.
  void add(std::string_view piece);

  /// The lines: printable, without empty ones; of many the first and the last,
  /// and between them how many are left out. The last may lack its newline.
  [[nodiscard]] std::vector<std::string> take();

 private:
  void end_line();

  std::string line_;  ///< the one that is not complete
  bool line_is_cut_ = false;
  std::vector<std::string> first_;
  std::deque<std::string> last_;
  std::size_t left_out_ = 0;
};

}  // namespace acme
