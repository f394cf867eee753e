// SPDX-License-Identifier: BSD-2-Clause
// From shared memory to what is shown: a snapshot is made once, and brought up
// to date in steps that each take microseconds.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "acme_core/status/model.h"
#include "acme_core/time_point.h"
#include "ngx_module/status/status_sources.h"

namespace ngx_acme {

class SnapshotBuilder {
 public:
  /// `sources` outlives it.
  explicit SnapshotBuilder(const StatusSources& sources)
      : sources_(sources), known_(sources.plan.certificates.size()) {}

  /// Whether there is something newer than what finished last. Cheap.
  [[nodiscard]] bool has_moved() const noexcept;

  /// Begins to make `target` of what is true now. `from`: what finished last;
  /// the same as `target` when that is brought up to date in place, nullptr for
  /// the first. Both outlive the steps. Throws std::bad_alloc, as step() does:
  /// then forget().
  void begin(acme::StatusSnapshot& target, const acme::StatusSnapshot* from);
  /// One certificate; false: `target` is complete.
  [[nodiscard]] bool step();

  /// Has the next begin() make all of it anew.
  void forget() noexcept;

 private:
  /// Of what a certificate's description was made.
  struct Known {
    std::uint64_t note = 0;
    std::uint64_t generation = 0;
    bool is_described = false;
  };
  struct Versions {
    std::uint64_t status = 0;
    std::uint64_t certificates = 0;
    bool is_helper_alive = false;
    friend bool operator==(const Versions&, const Versions&) = default;
  };
  /// One that is not of the plan.
  struct Other {
    const acme::OrphanNote* orphan = nullptr;  ///< null: a static one
    std::size_t index = 0;  ///< of the static one, or of the orphan's issuer
  };
  [[nodiscard]] Versions versions() const noexcept;
  [[nodiscard]] bool is_helper_alive() const noexcept;
  void read_process();
  void read_issuers();
  void read_happenings();
  void read_managed(std::size_t index);
  void find_others();
  [[nodiscard]] bool is_shown(const StaticSource& source) const noexcept;
  void read_other(const Other& other);
  void settle(acme::CertificateStatus& status);

  const StatusSources& sources_;
  /// What is_helper_alive() found last, and until when that is good enough.
  mutable bool is_alive_ = false;
  mutable std::chrono::steady_clock::time_point look_again_at_;
  std::vector<Known> known_;
  Versions finished_;
  // Of the one that is being made.
  acme::StatusSnapshot* target_ = nullptr;
  const acme::StatusSnapshot* from_ = nullptr;
  Versions reading_;
  std::size_t next_ = 0;
  acme::TimePoint now_;
  std::uint64_t digest_ = 0;
  std::vector<CopiedWorker> workers_;
  std::vector<std::uint64_t> issuer_notes_;  ///< revisions
  std::vector<Other> others_;
  bool has_issuers_moved_ = false;
};

}  // namespace ngx_acme
