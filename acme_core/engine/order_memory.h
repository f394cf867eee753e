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
      : store_(context.store), name_(context.wish.spec.storage_name()) {}

  [[nodiscard]] Loaded<StoredOrder> load() {
    auto order = store_.load_order(name_);
    has_order_ = order.value.has_value();
    return order;
  }

  void remember(const StoredOrder& order) {
    store_.save_order(name_, order);
    has_order_ = true;
  }

  void forget() {
    has_order_ = false;
    store_.remove_order(name_);
  }

  /// Whether there is one that can still succeed.
  [[nodiscard]] bool has_order() const noexcept { return has_order_; }

 private:
  Store& store_;
  const std::string name_;
  bool has_order_ = false;
};

}  // namespace acme
