// SPDX-License-Identifier: BSD-2-Clause
// The folder events/ of a state directory: what is yet to be delivered, and who
// delivers.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/env/file_system.h"

namespace acme {

class EventFolder;

struct ReleaseEventFolder {
  void operator()(EventFolder* folder) const noexcept;
};
/// The right to deliver what is in the folder, while it lives.
using EventFolderHold = std::unique_ptr<EventFolder, ReleaseEventFolder>;

/// Thread-safe. Names are those of files in the folder.
class EventFolder {
 public:
  /// In bytes; of a file.
  static constexpr std::size_t kLargestFile = std::size_t{1} << 20;

  explicit EventFolder(std::unique_ptr<FileSystem> files);

  /// Of the state directory.
  [[nodiscard]] const std::string& root() const noexcept;

  /// Whole or not at all. Throws Error(kOurs).
  void put(const std::string& name, std::string_view text);
  [[nodiscard]] ReadResult get(const std::string& name) const;
  /// A missing file is fine. Throws Error(kOurs).
  void remove(const std::string& name);
  /// Throws Error(kOurs).
  [[nodiscard]] std::vector<std::string> names() const;

  /// One process holds it at a time, for all of its threads; nullptr: another
  /// one does. Throws Error(kOurs).
  [[nodiscard]] EventFolderHold try_hold();

  /// Removes what killed processes have left half written. Call while holding
  /// it, and while nobody else writes.
  void tidy();

 private:
  friend struct ReleaseEventFolder;

  const std::unique_ptr<FileSystem> files_;
  std::mutex mutex_;  ///< guards what follows
  std::unique_ptr<FileLock> lock_;
  unsigned holders_ = 0;
};

}  // namespace acme
