// SPDX-License-Identifier: BSD-2-Clause
// Names that one order at a time proves.
#pragma once

#include <condition_variable>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>

namespace acme {

/// Where a name has room for one answer only, orders with a name in common
/// take turns. Thread-safe.
class NameClaims {
 public:
  /// The right to answer for some names, given back when this object ends.
  class Claim {
   public:
    Claim(NameClaims& claims, std::set<std::string> names) noexcept
        : claims_(claims), names_(std::move(names)) {}
    ~Claim();
    Claim(const Claim&) = delete;
    Claim& operator=(const Claim&) = delete;

   private:
    NameClaims& claims_;
    std::set<std::string> names_;
  };

  /// Waits until none of the names is anybody else's, and takes all of them at
  /// once: two orders never wait for each other. Throws Error(kStopped).
  [[nodiscard]] Claim claim(std::set<std::string> names, std::stop_token stop);

 private:
  [[nodiscard]] bool are_free(const std::set<std::string>& names) const;

  std::mutex mutex_;
  std::condition_variable_any released_;
  std::set<std::string> taken_;
};

}  // namespace acme
