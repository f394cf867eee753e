// SPDX-License-Identifier: BSD-2-Clause
// Which names a public CA signs at all.
#pragma once

#include <optional>
#include <string>

#include "acme_core/engine/plan.h"
#include "acme_core/identifier.h"

namespace acme {

/// True for the CAs that browsers trust and that are known here, and for their
/// staging environments, which refuse the same names.
[[nodiscard]] bool is_public_ca(const IssuerSpec& issuer) noexcept;

/// Why no public CA signs this name, as a sentence's end ("is reserved"), or
/// nullopt when one may: what why_not_public() says, and that a name must be
/// below a suffix of the ICANN section of the Public Suffix List, not such a
/// suffix itself, as the CA/Browser Forum's BR section 3.2.2.6 has it for
/// wildcards and CAs for every name. The system's list is read (package
/// publicsuffix), or else the one that libpsl was built with, whichever is
/// newer: a top-level domain that is younger than the list is taken for none.
[[nodiscard]] std::optional<std::string> why_no_public_ca_signs(
    const Identifier& identifier);

}  // namespace acme
