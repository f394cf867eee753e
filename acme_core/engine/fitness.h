// SPDX-License-Identifier: BSD-2-Clause
// How a certificate there is compares with the one the configuration wishes.
#pragma once

#include <string>

#include "acme_core/engine/plan.h"
#include "acme_core/storage/store.h"
#include "acme_core/storage/verified_pair.h"

namespace acme {

/// Why the certificate must not be served for `spec`, or "". Also guards
/// certificates read from disk. One that has expired is better than none: by
/// its visitor's clock it may be good.
[[nodiscard]] std::string why_unfit(const StoredCertificate& certificate,
                                    const CertificateSpec& spec);

/// The same for a pair that was found good once, by what is known of it.
[[nodiscard]] bool is_fit(const VerifiedPair& pair,
                          const CertificateSpec& spec);

}  // namespace acme
