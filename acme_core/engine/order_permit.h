// SPDX-License-Identifier: BSD-2-Clause
// The right to open orders, and who counts them.
#pragma once

#include <string>
#include <vector>

#include "acme_core/engine/issuer_gate.h"
#include "acme_core/engine/scheduler.h"

namespace acme {

class OrderPermit {
 public:
  virtual ~OrderPermit() = default;

  /// Asked before the CA is asked for an order, with whether that order names
  /// the one it replaces. Throws Error when it must not be.
  virtual void open(bool replaces) = 0;

  /// Whether another order may be opened now, because a challenge failed for
  /// the names.
  [[nodiscard]] virtual bool open_another(
      const std::vector<std::string>& names) = 0;
};

/// By the limits of the issuer; for the orders of one task.
class CountedOrders final : public OrderPermit {
 public:
  /// `gate` outlives the object.
  CountedOrders(IssuerGate& gate, const Task& task)
      : gate_(gate), task_(task) {}

  void open(bool replaces) override {
    gate_.count_order(task_, replaces);
    was_opened_ = true;
  }
  [[nodiscard]] bool open_another(
      const std::vector<std::string>& names) override {
    return gate_.count_another(task_, names);
  }

  /// The task as it is counted.
  [[nodiscard]] const Task& task() const noexcept { return task_; }
  /// Whether the CA was asked for an order.
  [[nodiscard]] bool was_opened() const noexcept { return was_opened_; }

 private:
  IssuerGate& gate_;
  Task task_;
  bool was_opened_ = false;
};

}  // namespace acme
