// SPDX-License-Identifier: BSD-2-Clause
// The form of Prometheus's text format and of OpenMetrics.
#include "acme_core/status/metrics_text.h"

#include <algorithm>
#include <vector>

#include "acme_core/ascii.h"

namespace acme {
namespace {

std::string_view word(MetricType type, MetricsFormat format) noexcept {
  switch (type) {
    case MetricType::kCounter:
      return "counter";
    case MetricType::kHistogram:
      return "histogram";
    case MetricType::kInfo:
      return format == MetricsFormat::kOpenMetrics ? "info" : "gauge";
    default:
      return "gauge";
  }
}

// OpenMetrics names a family without what its samples end in.
std::string_view suffix(MetricType type, MetricsFormat format) noexcept {
  if (format == MetricsFormat::kOpenMetrics) {
    return {};
  }
  return type == MetricType::kCounter ? "_total"
         : type == MetricType::kInfo  ? "_info"
                                      : "";
}

bool is_plain_label(char c) noexcept {
  return c != '\\' && c != '"' && c != '\n';
}

void append_escaped(std::string& out, std::string_view text) {
  if (std::all_of(text.begin(), text.end(), is_plain_label)) {
    out += text;
    return;
  }
  for (const char c : text) {
    if (is_plain_label(c)) {
      out += c;
    } else {
      out += '\\';
      out += c == '\n' ? 'n' : c;
    }
  }
}

}  // namespace

void MetricsText::begin_family(std::string_view name, MetricType type,
                               std::string_view help) {
  const std::string_view end = suffix(type, format_);
  out_.append("# HELP ").append(name).append(end).append(" ");
  append_escaped(out_, help);
  out_.append("\n# TYPE ").append(name).append(end).append(" ");
  out_.append(word(type, format_)).append("\n");
}

void MetricsText::begin_sample(std::string_view name,
                               std::initializer_list<MetricLabel> labels) {
  out_ += name;
  char separator = '{';
  for (const auto& [label, value] : labels) {
    if (label.empty()) {
      continue;
    }
    out_ += separator;
    out_.append(label).append("=\"");
    append_escaped(out_, value);
    out_ += '"';
    separator = ',';
  }
  out_ += separator == ',' ? "} " : " ";
}

void MetricsText::sample(std::string_view name,
                         std::initializer_list<MetricLabel> labels,
                         std::int64_t value) {
  begin_sample(name, labels);
  out_.append(std::to_string(value)).append("\n");
}

void MetricsText::sample(std::string_view name,
                         std::initializer_list<MetricLabel> labels,
                         std::uint64_t value) {
  begin_sample(name, labels);
  out_.append(std::to_string(value)).append("\n");
}

void MetricsText::sample(std::string_view name,
                         std::initializer_list<MetricLabel> labels,
                         TimePoint time) {
  const std::int64_t seconds =
      std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  sample(name, labels, seconds);
}

void MetricsText::sample_microseconds(std::string_view name,
                                      std::initializer_list<MetricLabel> labels,
                                      std::uint64_t microseconds) {
  constexpr std::uint64_t kMillion = 1'000'000;
  const std::string fraction = std::to_string(microseconds % kMillion);
  begin_sample(name, labels);
  out_.append(std::to_string(microseconds / kMillion))
      .append(".")
      .append(6 - fraction.size(), '0')
      .append(fraction)
      .append("\n");
}

void MetricsText::end() {
  if (format_ == MetricsFormat::kOpenMetrics) {
    out_ += "# EOF\n";
  }
}

std::string decimal(std::string_view hexadecimal) {
  const auto value_of = [](char c) {
    return is_digit(c) ? c - '0' : to_lower(c) - 'a' + 10;
  };
  std::vector<int> digits{0};  // the lowest first
  for (const char c : hexadecimal) {
    if (!is_digit(c) && (to_lower(c) < 'a' || to_lower(c) > 'f')) {
      return std::string(hexadecimal);
    }
    int carry = value_of(c);
    for (int& digit : digits) {
      carry += digit * 16;
      digit = carry % 10;
      carry /= 10;
    }
    for (; carry > 0; carry /= 10) {
      digits.push_back(carry % 10);
    }
  }
  std::string text;
  std::for_each(digits.rbegin(), digits.rend(),
                [&](int digit) { text += static_cast<char>('0' + digit); });
  return text;
}

}  // namespace acme
