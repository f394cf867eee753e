// SPDX-License-Identifier: BSD-2-Clause
// What the status says to Prometheus. docs/status.md lists the metrics.
#pragma once

#include <memory>
#include <string_view>

#include "acme_core/status/answer.h"
#include "acme_core/status/metrics_text.h"
#include "acme_core/status/status_query.h"

namespace acme {

/// Up to so many certificates have metrics each; when there are more, only
/// those that are not valid have, unless all are asked for.
inline constexpr std::size_t kMostCertificatesWithMetrics = 10'000;

/// What the client would rather have (RFC 9110 section 12.5.1): OpenMetrics
/// when it names "application/openmetrics-text" and does not want it less.
[[nodiscard]] MetricsFormat accepted_format(std::string_view accept) noexcept;

/// `metrics[?compat=x509|traefik][&all=1]`.
[[nodiscard]] StatusAnswer metrics_answer(
    const std::shared_ptr<const StatusSnapshot>& snapshot,
    const QueryParameters& parameters, std::string_view accept);

}  // namespace acme
