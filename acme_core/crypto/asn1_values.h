// SPDX-License-Identifier: BSD-2-Clause
// Times and numbers as certificates and status responses have them.
#pragma once

#include <optional>
#include <string>

#include "acme_core/crypto/openssl.h"
#include "acme_core/time_point.h"

namespace acme {

/// Of a UTCTime or a GeneralizedTime; nullopt when it is malformed. Not through
/// time_t's of 32 bits: certificates may be valid until 9999.
[[nodiscard]] std::optional<TimePoint> to_time_point(const ASN1_TIME* time);

/// In lower case, as log lines have serial numbers. Throws Error(kTransient).
[[nodiscard]] std::string hexadecimal(const ASN1_INTEGER* number);

}  // namespace acme
