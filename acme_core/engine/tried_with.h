// SPDX-License-Identifier: BSD-2-Clause
// What a failed try was made with, so that a cure in the configuration is seen.
#pragma once

#include <string>

#include "acme_core/engine/plan.h"

namespace acme {

/// A digest of what a change of the configuration may cure a failed order by:
/// issuers with their directories, bindings and profiles, challenges, who
/// publishes DNS records, listeners. While it stays the same, a restart does
/// not shorten what a failure delays. Secrets are no part of it.
[[nodiscard]] std::string tried_with(const Plan& plan,
                                     const CertificateSpec& certificate);

}  // namespace acme
