// SPDX-License-Identifier: BSD-2-Clause
// Status responses (RFC 6960) for what is served: fetched, verified, stored
// beside the pair, shown to clients, and fetched again at half of their time.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "acme_core/crypto/ocsp.h"
#include "acme_core/engine/engine_environment.h"
#include "acme_core/engine/issuer_session.h"
#include "acme_core/engine/plan.h"
#include "acme_core/engine/task_queue.h"

namespace acme {

/// One thread runs it, apart from those that order: a responder that hangs
/// delays no certificate. Whoever has the state directory writes there; who
/// follows another process shows what that one stores, and asks by itself what
/// it lacks.
class StapleKeeper {
 public:
  /// All outlive the keeper. `tasks` hears of it when the CA says that the
  /// certificate that is served is revoked.
  StapleKeeper(const Plan& plan, EngineEnvironment& environment,
               const IssuerSessions& sessions, TaskQueue& tasks);

  /// Whether clients are to be shown any.
  [[nodiscard]] bool has_work() const noexcept { return has_work_; }

  /// Another pair is served than before, or the state directory is ours now.
  /// Thread-safe.
  void is_served(std::size_t index);

  /// Returns when stop is requested. Call on one thread.
  void run(const std::stop_token& stop);

 private:
  // A certificate, or a responder, that failed.
  struct Trouble {
    unsigned failures = 0;  // in a row
    TimePoint retry_at = TimePoint::min();
  };
  // What this thread remembers of the pair that is served.
  struct Served {
    std::vector<std::uint8_t> leaf;
    Trouble trouble;
    bool is_revoked = false;
  };
  struct Known {
    OcspAnswer answer;
    std::vector<std::uint8_t> response;
  };

  /// Call with mutex_ held.
  void queue(std::size_t index, TimePoint due);
  [[nodiscard]] std::optional<std::size_t> next(const std::stop_token& stop);

  /// Both return when to look again; max(): not before another pair is served.
  [[nodiscard]] TimePoint look_after(std::size_t index,
                                     const std::stop_token& stop);
  [[nodiscard]] TimePoint ask(std::size_t index, const OcspQuestion& question,
                              const std::string& responder,
                              const std::optional<Known>& shown,
                              const std::stop_token& stop);
  [[nodiscard]] std::optional<Known> newest_known(std::size_t index,
                                                  const OcspQuestion& question);
  [[nodiscard]] TimePoint take(std::size_t index, Known fetched);
  [[nodiscard]] TimePoint take_revoked(std::size_t index,
                                       const OcspAnswer& answer);
  [[nodiscard]] TimePoint fail(std::size_t index, Trouble& trouble,
                               const std::string& problem,
                               const std::optional<Known>& shown,
                               std::optional<TimePoint> retry_at = {});
  void show(std::size_t index, const Known& known);
  void save(std::size_t index, std::span<const std::uint8_t> response);

  [[nodiscard]] const CertificateSpec& spec(std::size_t index) const {
    return plan_.certificates[index];
  }
  [[nodiscard]] IssuerSession& home(std::size_t index) const {
    return *sessions_[spec(index).issuer()];
  }
  [[nodiscard]] HttpClient& http_of(std::size_t index);
  [[nodiscard]] EventLog log_of(std::size_t index) const;

  const Plan& plan_;
  EngineEnvironment& environment_;
  const IssuerSessions& sessions_;
  TaskQueue& tasks_;
  const std::vector<std::string> distinctions_;  ///< by index
  bool has_work_ = false;

  // Of the thread that runs.
  std::map<std::size_t, Served> served_;
  std::map<std::string, Trouble> responders_;
  std::map<std::size_t, std::unique_ptr<HttpClient>> http_;  ///< by issuer
  TimePoint latest_now_ = TimePoint::min();

  std::mutex mutex_;  ///< guards what follows
  std::condition_variable_any changed_;
  std::vector<TimePoint> due_;  ///< by index; max(): not queued
  std::set<std::pair<TimePoint, std::size_t>> queue_;
};

}  // namespace acme
