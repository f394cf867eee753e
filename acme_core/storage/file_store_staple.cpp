// SPDX-License-Identifier: BSD-2-Clause
// Status responses in a state directory. Whoever reads one verifies it: a file
// that is damaged, or about a pair that is gone, is worth a question to the
// responder and no line in the log.
#include <string>

#include "acme_core/crypto/ocsp.h"
#include "acme_core/storage/file_store.h"

namespace acme {
namespace {

std::string staple_path(const std::string& name) { return name + ".ocsp"; }

}  // namespace

std::vector<std::uint8_t> FileStore::load_staple(const std::string& name) {
  const auto held = lock(name);
  ReadResult file = files_.read(staple_path(name), kLargestOcspResponse);
  return file.status == ReadResult::Status::kOk
             ? std::vector<std::uint8_t>(file.data.begin(), file.data.end())
             : std::vector<std::uint8_t>();
}

void FileStore::save_staple(const std::string& name,
                            std::span<const std::uint8_t> response) {
  const auto held = lock(name);
  if (response.empty()) {
    files_.remove(staple_path(name));
  } else {
    files_.write(staple_path(name), response);
  }
}

}  // namespace acme
