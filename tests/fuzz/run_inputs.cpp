// SPDX-License-Identifier: BSD-2-Clause
// Runs a fuzz target over files and folders of inputs, where there is no
// libFuzzer: the seeds and the regressions of past crashes.
//
//   TARGET_inputs PATH …
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "tests/fuzz/fuzz_input.h"

namespace {

namespace fs = std::filesystem;

std::size_t inputs = 0;

void run_file(const fs::path& path) {
  std::fprintf(stderr, "%s\n", path.c_str());
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> data{std::istreambuf_iterator<char>(file), {}};
  // A copy of just that size: a reader behind the end is seen by sanitizers.
  const std::vector<std::uint8_t> bytes(data.begin(), data.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  ++inputs;
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (!fs::is_directory(argv[i])) {
      run_file(argv[i]);
      continue;
    }
    for (const fs::directory_entry& entry : fs::directory_iterator(argv[i])) {
      run_file(entry.path());
    }
  }
  LLVMFuzzerTestOneInput(nullptr, 0);
  std::printf("%zu inputs\n", inputs);
  return inputs == 0 ? 1 : 0;
}
