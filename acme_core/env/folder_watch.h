// SPDX-License-Identifier: BSD-2-Clause
// Waiting until somebody changes a folder.
#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace acme {

class FolderWatch {
 public:
  virtual ~FolderWatch() = default;
  /// Until a file of the folders was made, replaced or removed since the last
  /// call, the time is over, or a stop is requested: whether there was any such
  /// change. May return early.
  virtual bool wait(std::chrono::milliseconds longest,
                    std::stop_token stop) = 0;
};

/// What the kernel says of local file systems; other machines' changes on one
/// that is shared are not seen. A folder that does not exist yet is watched
/// once it does. nullptr when the kernel has no watch left.
[[nodiscard]] std::unique_ptr<FolderWatch> watch_folders(
    std::vector<std::string> folders);

}  // namespace acme
