// SPDX-License-Identifier: BSD-2-Clause
// What the store remembers of the order under way.
#pragma once

#include <string>

#include "acme_core/engine/order_flow.h"

namespace acme {

/// Shared by the steps of one order: the one that finds out that the order has
/// no future forgets it.
class OrderMemory {
 public:
  explicit OrderMemory(const OrderFlowContext& context)
      : store_(context.store), name_(context.spec.storage_name()) {}

  [[nodiscard]] Loaded<StoredOrder> load() { return store_.load_order(name_); }

  void remember(const StoredOrder& order) {
    store_.save_order(name_, order);
    is_forgotten_ = false;
  }

  void forget() {
    is_forgotten_ = true;
    store_.remove_order(name_);
  }

  [[nodiscard]] bool is_forgotten() const noexcept { return is_forgotten_; }

 private:
  Store& store_;
  const std::string name_;
  bool is_forgotten_ = false;
};

}  // namespace acme
