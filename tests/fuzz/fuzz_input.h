// SPDX-License-Identifier: BSD-2-Clause
// What every fuzz target needs: its input as text, and a way to fail.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <string_view>
#include <vector>

// What libFuzzer calls, and without it tests/fuzz/run_inputs.cpp.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size);

namespace acme {

[[nodiscard]] inline std::string_view as_text(const std::uint8_t* data,
                                              std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// What an input is read as.
struct Subject {
  char first;  // the input's first byte
  void (*read)(std::string_view rest);
};

/// Reads the input as what its first byte says; nothing when no subject has it.
inline void read_as(std::initializer_list<Subject> subjects,
                    const std::uint8_t* data, std::size_t size) {
  for (const Subject& subject : subjects) {
    if (size != 0 && static_cast<char>(data[0]) == subject.first) {
      subject.read(as_text(data + 1, size - 1));
    }
  }
}

/// The parts between separators: one more than there are separators.
[[nodiscard]] inline std::vector<std::string_view> split(std::string_view text,
                                                         char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) {
      return parts;
    }
    text.remove_prefix(end + 1);
  }
}

/// A promise of the code under test: "what" is printed when it does not hold.
inline void expect(bool holds, const char* what) {
  if (!holds) {
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
  }
}

/// True for text that may stand in a log line.
[[nodiscard]] inline bool is_one_line(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') {
      return false;
    }
  }
  return true;
}

}  // namespace acme
