// SPDX-License-Identifier: BSD-2-Clause
// The metrics that every certificate has: ours, and those of others that
// dashboards exist for.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "acme_core/status/metrics_text.h"
#include "acme_core/status/model.h"

namespace acme {

/// A certificate among those that are shown.
struct MetricSubject {
  const CertificateStatus* certificate;
  /// Another one has the same name, issuer and key: Prometheus refuses two
  /// series with the same labels.
  bool is_ambiguous = false;
};

struct CertificateMetric {
  std::string_view name;  ///< of the family
  MetricType type;
  std::string_view help;
  /// One sample, or none when there is nothing to say.
  void (*write)(MetricsText& text, const MetricSubject& subject, TimePoint now);
};

/// Called nginx_acme_certificate_….
[[nodiscard]] std::span<const CertificateMetric> our_metrics() noexcept;
/// Those of x509-certificate-exporter.
[[nodiscard]] std::span<const CertificateMetric> x509_metrics() noexcept;
/// That of Traefik.
[[nodiscard]] std::span<const CertificateMetric> traefik_metrics() noexcept;

/// All but orphans.
[[nodiscard]] std::vector<MetricSubject> metric_subjects(
    const StatusSnapshot& snapshot, bool only_what_is_not_valid);

}  // namespace acme
