// SPDX-License-Identifier: BSD-2-Clause
// Certificates that an operator wants revoked (RFC 8555 section 7.6).
#pragma once

#include <cstddef>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>

#include "acme_core/engine/engine_parts.h"
#include "acme_core/protocol/revocation.h"
#include "acme_core/storage/records.h"

namespace acme {

/// Revokes what is served at once. By the account, or where that is another
/// one's by the certificate's key. Throws Error.
void revoke_served(const EngineParts& parts, std::size_t certificate,
                   RevocationReason reason, const std::string& asked_by,
                   const std::stop_token& stop);

/// Has what is served revoked as soon as another one is. Written down: a
/// restart does not forget it. Throws Error.
void revoke_when_replaced(const EngineParts& parts, std::size_t certificate,
                          RevocationReason reason, const std::string& asked_by);

/// Revokes what was written down, when something else is served by now: how
/// that went, for people; empty when there is nothing to revoke. Throws Error;
/// what is written down stays then.
[[nodiscard]] std::string revoke_replaced(const EngineParts& parts,
                                          std::size_t certificate,
                                          const std::stop_token& stop);

}  // namespace acme
