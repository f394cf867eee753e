// SPDX-License-Identifier: BSD-2-Clause
// A program that a test has written, to be run by what it tests.
#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/support/temporary_directory.h"

namespace acme {

/// ThreadSanitizer's own locks stay locked in a new process when other threads
/// held them, which hangs: what starts programs from several threads at once is
/// not for it.
#ifdef __SANITIZE_THREAD__
inline constexpr bool kMayStartFromThreads = false;
#else
inline constexpr bool kMayStartFromThreads = true;
#endif

/// A shell script in a directory of its own.
class Program {
 public:
  explicit Program(const std::string& script) {
    // Closed before it is run: a file open for writing is "busy".
    std::ofstream(path_) << "#!/bin/sh\n" << script << '\n';
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all);
  }

  [[nodiscard]] std::string path() const { return path_; }

  /// The path of a file beside it.
  [[nodiscard]] std::string file(const std::string& name) const {
    return directory_.path() / name;
  }
  /// What is in that file; empty when there is none.
  [[nodiscard]] std::string read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(file(name)).rdbuf();
    return text.str();
  }

 private:
  TemporaryDirectory directory_;
  std::string path_ = directory_.path() / "program";
};

}  // namespace acme
