// SPDX-License-Identifier: BSD-2-Clause
// The form of Prometheus's text format (0.0.4) and of OpenMetrics (1.0.0).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "acme_core/time_point.h"

namespace acme {

enum class MetricsFormat { kPrometheus, kOpenMetrics };
enum class MetricType { kGauge, kCounter, kHistogram, kInfo };

using MetricLabel = std::pair<std::string_view, std::string_view>;

/// Appends families of samples to a text: begin_family(), then its samples.
class MetricsText {
 public:
  MetricsText(std::string& out, MetricsFormat format) noexcept
      : out_(out), format_(format) {}

  /// `name` is without "_total" and "_info".
  void begin_family(std::string_view name, MetricType type,
                    std::string_view help);

  /// `name` is the sample's full name, "…_total" and "…_info" with it.
  void sample(std::string_view name, std::initializer_list<MetricLabel> labels,
              std::int64_t value);
  void sample(std::string_view name, std::initializer_list<MetricLabel> labels,
              std::uint64_t value);
  /// Seconds since 1970, or seconds.
  void sample(std::string_view name, std::initializer_list<MetricLabel> labels,
              TimePoint time);
  void sample_microseconds(std::string_view name,
                           std::initializer_list<MetricLabel> labels,
                           std::uint64_t microseconds);

  /// The end of the whole text.
  void end();

  [[nodiscard]] MetricsFormat format() const noexcept { return format_; }

 private:
  void begin_sample(std::string_view name,
                    std::initializer_list<MetricLabel> labels);

  std::string& out_;
  MetricsFormat format_;
};

/// Decimal digits of a number in hexadecimal ones, as exporters of others have
/// serial numbers; what is no such number comes back as it is.
[[nodiscard]] std::string decimal(std::string_view hexadecimal);

}  // namespace acme
