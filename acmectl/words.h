// SPDX-License-Identifier: BSD-2-Clause
// How acmectl says times and states.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "acme_core/status/model.h"
#include "acme_core/time_point.h"
#include "acmectl/table.h"

namespace acmectl {

/// "45d", "3h", "12m", "30s": in the largest unit that two fit in, rounded
/// down.
[[nodiscard]] std::string short_duration(std::chrono::milliseconds duration);

/// "in 45d", "3h ago", "now"; "" for nullopt.
[[nodiscard]] std::string when(std::optional<acme::TimePoint> time,
                               acme::TimePoint now);

/// "2026-03-01"; "" for nullopt.
[[nodiscard]] std::string date(std::optional<acme::TimePoint> time);

/// "2026-03-01 12:00:00 UTC (in 45d)"; "" for nullopt.
[[nodiscard]] std::string date_and_when(std::optional<acme::TimePoint> time,
                                        acme::TimePoint now);

[[nodiscard]] Colour colour_of(acme::CertificateState state) noexcept;

/// "1 certificate", "2 certificates".
[[nodiscard]] std::string counted(std::size_t count, std::string_view one);

}  // namespace acmectl
