// SPDX-License-Identifier: BSD-2-Clause
// Proving control of an order's names (RFC 8555 section 7.5).
#pragma once

#include <stop_token>

#include "acme_core/engine/order_flow.h"
#include "acme_core/engine/order_memory.h"
#include "acme_core/protocol/order.h"

namespace acme {

/// Answers the challenges of every authorization that is not valid yet and
/// waits until all are. Returns the order as it is then. Throws Error; when one
/// cannot become valid any more, the order is forgotten, and what is left
/// pending is deactivated.
[[nodiscard]] Order authorize_order(const OrderFlowContext& context,
                                    OrderMemory& memory, const Order& order,
                                    std::stop_token stop);

}  // namespace acme
