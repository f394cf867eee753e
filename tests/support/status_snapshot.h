// SPDX-License-Identifier: BSD-2-Clause
// A snapshot as an nginx with certificates in all states would have it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "acme_core/status/model.h"

namespace acme {

/// When test snapshots are taken.
inline constexpr TimePoint kSnapshotTime =
    std::chrono::sys_days(std::chrono::year(2026) / std::chrono::March / 1) +
    std::chrono::hours(12);

/// Of that name, valid for 90 days, 20 of them over; nothing is due.
[[nodiscard]] CertificateStatus valid_certificate(const std::string& name);

/// `count` certificates. The first ten or so are in different states, of the
/// others every hundredth is failing; with `is_calm`, all are valid.
[[nodiscard]] std::shared_ptr<StatusSnapshot> make_snapshot(
    std::size_t count, bool is_calm = false);

}  // namespace acme
