// SPDX-License-Identifier: BSD-2-Clause
// A lock between processes for file systems without flock(): a file that its
// holder keeps changing.
//
// "<name>.held" is created by whoever gets the lock, and says who that is:
// host, boot, process, and a number that grows with every beat. It is out of
// date when its holder was a process of this machine that has ended, or when it
// has not changed for a number of beats by the clock of whoever waits: clocks
// of different machines are never compared. Who takes it over does so alone
// ("<name>.takeover"), by a rename; the former holder, if it was only asleep,
// finds at its next beat that the file is no longer its own.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "acme_core/env/file_system.h"

namespace acme {

class HeartbeatLocks {
 public:
  /// Of files directly in `root`.
  HeartbeatLocks(std::string root, HeartbeatTiming timing,
                 ThreadStarter start_thread)
      : root_(std::move(root)),
        timing_(timing),
        start_thread_(std::move(start_thread)) {}

  /// As FileSystem::try_lock(). `why` is what the system says of flock().
  [[nodiscard]] std::unique_ptr<FileLock> try_lock(const std::string& name,
                                                   const std::string& why);

 private:
  struct Seen {
    std::string content;
    std::chrono::steady_clock::time_point since;
  };

  [[nodiscard]] bool is_out_of_date(const std::string& file,
                                    const std::string& content);

  const std::string root_;
  const HeartbeatTiming timing_;
  const ThreadStarter start_thread_;
  std::mutex mutex_;  ///< guards what follows
  std::map<std::string, Seen> seen_;
  bool told_ = false;
};

}  // namespace acme
