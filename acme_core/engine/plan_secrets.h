// SPDX-License-Identifier: BSD-2-Clause
// Where a plan has its secrets: one list for whoever must not keep them.
#pragma once

#include <vector>

#include "acme_core/challenge/dns_provider_spec.h"
#include "acme_core/engine/plan.h"

namespace acme {

// A new member that is secret is wiped here, or it stays in every process.

/// Overwrites what only the engine may know; all else stays as it is.
void wipe_secrets(IssuerSpec& issuer) noexcept;
void wipe_secrets(std::vector<DnsProviderSpec>& providers) noexcept;
void wipe_secrets(Plan& plan) noexcept;

}  // namespace acme
