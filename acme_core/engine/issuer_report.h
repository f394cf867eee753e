// SPDX-License-Identifier: BSD-2-Clause
// What is known of one issuer, for whoever watches.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

#include "acme_core/engine/engine_parts.h"
#include "acme_core/monitor/notes.h"

namespace acme {

/// Thread-safe.
class IssuerReport {
 public:
  /// `parts` outlives the object.
  IssuerReport(const EngineParts& parts, std::size_t issuer)
      : parts_(parts), issuer_(issuer) {}

  /// What is in its state directory and nobody mentions: looks through all of
  /// it.
  void look_for_orphans();

  /// Tells what is known now.
  void publish();

 private:
  [[nodiscard]] IssuerNote note() const;

  const EngineParts& parts_;
  const std::size_t issuer_;

  std::mutex mutex_;  ///< guards what follows
  std::vector<OrphanNote> orphans_;
};

}  // namespace acme
