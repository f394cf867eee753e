// SPDX-License-Identifier: BSD-2-Clause
// One thing and what is known of it: a label on the left, its value beside it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "acmectl/context.h"

namespace acmectl {

class Facts {
 public:
  /// A heading, with an empty line before it unless it is the first.
  void section(std::string_view title);
  /// Nothing when the value is empty.
  void add(std::string_view label, std::string value);
  /// One below the other.
  void add(std::string_view label, const std::vector<std::string>& values);

  void print(const Screen& screen) const;

 private:
  struct Fact {
    std::string label;
    std::vector<std::string> values;
    bool is_section = false;
  };
  std::vector<Fact> facts_;
};

}  // namespace acmectl
