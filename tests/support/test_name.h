// SPDX-License-Identifier: BSD-2-Clause
// Names of tests that have parameters.
#pragma once

#include <cctype>
#include <string>
#include <string_view>

namespace acme {

/// The words, as GoogleTest takes them: "nothing on port 80" becomes
/// "nothing_on_port_80".
[[nodiscard]] inline std::string test_name(std::string_view words) {
  std::string name(words);
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) {
      c = '_';
    }
  }
  return name;
}

}  // namespace acme
