// SPDX-License-Identifier: BSD-2-Clause
// A look at our own listeners, before the CA looks.
#pragma once

#include <stop_token>
#include <string>

#include "acme_core/engine/order_flow.h"

namespace acme {

/// Asks our own listeners for a challenge answer, as the CA will (RFC 8555
/// section 8.3). `token` is any that nobody can guess. Throws
/// Error(kOurs) when none of them answers, with the names for which none does
/// when one does for others.
void check_listeners(const OrderFlowContext& context, const std::string& token,
                     std::stop_token stop);

}  // namespace acme
