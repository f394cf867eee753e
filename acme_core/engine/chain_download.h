// SPDX-License-Identifier: BSD-2-Clause
// The end of an order: its certificate, by the chain an operator prefers, and
// checked (RFC 8555 section 7.4.2).
#pragma once

#include <stop_token>
#include <string>

#include "acme_core/engine/order_flow.h"
#include "acme_core/engine/order_memory.h"
#include "acme_core/protocol/order.h"

namespace acme {

/// The certificate of a valid order whose CSR was signed by `key`. Throws
/// Error; an order whose certificate is of no use is forgotten.
[[nodiscard]] StoredCertificate download_chain(const OrderFlowContext& context,
                                               OrderMemory& memory,
                                               const Order& order,
                                               PrivateKey key,
                                               std::stop_token stop);

}  // namespace acme
