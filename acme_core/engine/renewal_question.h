// SPDX-License-Identifier: BSD-2-Clause
// Asking a CA when to renew a certificate (RFC 9773).
#pragma once

#include <stop_token>

#include "acme_core/engine/engine_parts.h"
#include "acme_core/engine/scheduler.h"

namespace acme {

/// Asks about the certificate that is served, and reports to the queue, the log
/// and the certificate's document. Without an answer what was known stays.
void ask_when_to_renew(const EngineParts& parts, const Task& task,
                       const std::stop_token& stop);

}  // namespace acme
