// SPDX-License-Identifier: BSD-2-Clause
// Events as the engine's parts tell them.
#pragma once

#include <cstddef>
#include <string>

#include "acme_core/engine/engine_parts.h"
#include "acme_core/monitor/event.h"

namespace acme {

/// About a certificate of the plan, as it is served now.
void tell_event(const EngineParts& parts, EventKind kind,
                std::size_t certificate, std::size_t issuer,
                const std::string& text);

/// About an issuer.
void tell_event(Monitor& monitor, Clock& clock, EventKind kind,
                const IssuerSpec& issuer, const std::string& text);

}  // namespace acme
