// SPDX-License-Identifier: BSD-2-Clause
// What an order has in front of the CA, written down for other processes that
// the CA's requests may reach: those of the next binary, or of another nginx.
#pragma once

#include <list>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "acme_core/challenge/solver.h"
#include "acme_core/env/log.h"
#include "acme_core/storage/store.h"

namespace acme {

/// Of one order. What the disk does not take is no reason to stop: this process
/// answers.
class OrderAnswersRecord {
 public:
  using Entry = std::list<std::vector<OrderAnswer>>::iterator;

  /// All outlive the record.
  OrderAnswersRecord(Store& store, std::string name, const EventLog& log)
      : store_(store), name_(std::move(name)), log_(log) {}

  [[nodiscard]] Entry add(std::vector<OrderAnswer> answers);
  void remove(Entry entry) noexcept;

 private:
  void save() noexcept;

  Store& store_;
  const std::string name_;
  const EventLog& log_;
  std::list<std::vector<OrderAnswer>> entries_;
};

/// Another solver, whose answers are in the record for as long as they are
/// presented.
class RecordedSolver final : public ChallengeSolver {
 public:
  /// Both outlive the solver and what it presents.
  RecordedSolver(ChallengeSolver& solver, OrderAnswersRecord& record)
      : solver_(solver), record_(record) {}

  [[nodiscard]] ChallengeType type() const noexcept override {
    return solver_.type();
  }
  [[nodiscard]] bool proves_wildcards() const noexcept override {
    return solver_.proves_wildcards();
  }
  [[nodiscard]] std::unique_ptr<PresentedAnswers> present(
      std::span<const ChallengeTask> tasks, std::stop_token stop) override;

 private:
  ChallengeSolver& solver_;
  OrderAnswersRecord& record_;
};

}  // namespace acme
