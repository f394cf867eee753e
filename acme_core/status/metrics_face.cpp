// SPDX-License-Identifier: BSD-2-Clause
// What the status says to Prometheus.
#include "acme_core/status/metrics_face.h"

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "acme_core/ascii.h"
#include "acme_core/monitor/monitor.h"
#include "acme_core/status/certificate_metrics.h"
#include "acme_core/status/problem_document.h"

namespace acme {
namespace {

constexpr std::size_t kSubjectsAtOnce = 200;
constexpr std::string_view kOpenMetricsType =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";
constexpr std::string_view kPrometheusType =
    "text/plain; version=0.0.4; charset=utf-8";

std::string_view label(const Counter& counter, std::size_t index) noexcept {
  return index < counter.labels.size() ? std::string_view(counter.labels[index])
                                       : std::string_view();
}

template <typename Use>
void each(const StatusSnapshot& snapshot, std::string_view metric, Use use) {
  for (const Counter& counter : snapshot.counters) {
    if (counter.metric == metric) {
      use(counter);
    }
  }
}

void write_states(MetricsText& text, const StatusSnapshot& snapshot) {
  std::array<std::uint64_t, 9> counts{};
  for (const CertificateStatus& certificate : snapshot.certificates) {
    ++counts[static_cast<std::size_t>(certificate.state)];
  }
  text.begin_family("nginx_acme_certificates", MetricType::kGauge,
                    "How many certificates are in each state.");
  for (std::size_t state = 0; state < counts.size(); ++state) {
    text.sample("nginx_acme_certificates",
                {{"state", to_string(static_cast<CertificateState>(state))}},
                counts[state]);
  }
}

void write_issuers(MetricsText& text, const StatusSnapshot& snapshot) {
  text.begin_family("nginx_acme_issuer_up", MetricType::kGauge,
                    "1 when the CA has answered the last request.");
  for (const IssuerStatus& issuer : snapshot.issuers) {
    text.sample("nginx_acme_issuer_up", {{"issuer", issuer.name}},
                std::uint64_t{issuer.note.is_reachable ? 1U : 0U});
  }
  text.begin_family("nginx_acme_state_writable", MetricType::kGauge,
                    "1 when the issuer's state directory takes writes.");
  for (const IssuerStatus& issuer : snapshot.issuers) {
    text.sample("nginx_acme_state_writable", {{"issuer", issuer.name}},
                std::uint64_t{issuer.note.is_state_writable ? 1U : 0U});
  }
  text.begin_family("nginx_acme_rate_limit_remaining", MetricType::kGauge,
                    "What is left of a limit that the CA publishes.");
  for (const IssuerStatus& issuer : snapshot.issuers) {
    for (const LimitNote& limit : issuer.note.limits) {
      text.sample("nginx_acme_rate_limit_remaining",
                  {{"issuer", issuer.name}, {"limit", limit.name}},
                  limit.limit - std::min(limit.limit, limit.used));
    }
  }
}

// Buckets are counted one by one and shown summed up.
void write_durations(MetricsText& text, const StatusSnapshot& snapshot) {
  constexpr std::size_t kBuckets = std::size(kRequestBuckets);
  struct Histogram {
    std::array<std::uint64_t, kBuckets> counts{};
    std::uint64_t microseconds = 0;
  };
  std::map<std::string_view, Histogram> histograms;
  each(snapshot, "request_seconds", [&](const Counter& counter) {
    const auto* bucket =
        std::find(std::begin(kRequestBuckets), std::end(kRequestBuckets),
                  label(counter, 1));
    if (bucket != std::end(kRequestBuckets)) {
      histograms[label(counter, 0)].counts[static_cast<std::size_t>(
          bucket - std::begin(kRequestBuckets))] += counter.value;
    }
  });
  each(snapshot, "request_microseconds", [&](const Counter& counter) {
    histograms[label(counter, 0)].microseconds += counter.value;
  });
  text.begin_family("nginx_acme_request_duration_seconds",
                    MetricType::kHistogram, "How long requests to CAs took.");
  for (const auto& [issuer, histogram] : histograms) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) {
      sum += histogram.counts[i];
      // OpenMetrics would have a bound look like a fraction.
      const bool is_whole = std::all_of(kRequestBuckets[i].begin(),
                                        kRequestBuckets[i].end(), is_digit);
      std::string bound(kRequestBuckets[i]);
      if (is_whole && text.format() == MetricsFormat::kOpenMetrics) {
        bound += ".0";
      }
      text.sample("nginx_acme_request_duration_seconds_bucket",
                  {{"issuer", issuer}, {"le", bound}}, sum);
    }
    text.sample_microseconds("nginx_acme_request_duration_seconds_sum",
                             {{"issuer", issuer}}, histogram.microseconds);
    text.sample("nginx_acme_request_duration_seconds_count",
                {{"issuer", issuer}}, sum);
  }
}

void write_counters(MetricsText& text, const StatusSnapshot& snapshot) {
  text.begin_family("nginx_acme_orders", MetricType::kCounter,
                    "Orders that have ended, by how.");
  each(snapshot, "orders", [&](const Counter& counter) {
    text.sample("nginx_acme_orders_total",
                {{"issuer", label(counter, 0)},
                 {"result", label(counter, 1)},
                 {"reason", label(counter, 2)}},
                counter.value);
  });
  text.begin_family("nginx_acme_challenges", MetricType::kCounter,
                    "Challenges that CAs have looked at, by how it ended.");
  each(snapshot, "challenges", [&](const Counter& counter) {
    text.sample("nginx_acme_challenges_total",
                {{"type", label(counter, 0)}, {"result", label(counter, 1)}},
                counter.value);
  });
  text.begin_family(
      "nginx_acme_requests", MetricType::kCounter,
      "Requests to CAs, by the answer's status; none: there was no answer.");
  each(snapshot, "requests", [&](const Counter& counter) {
    text.sample("nginx_acme_requests_total",
                {{"issuer", label(counter, 0)}, {"status", label(counter, 1)}},
                counter.value);
  });
  std::uint64_t swaps = 0;
  each(snapshot, "swaps",
       [&](const Counter& counter) { swaps += counter.value; });
  text.begin_family("nginx_acme_swaps", MetricType::kCounter,
                    "Certificates that workers have taken into use.");
  text.sample("nginx_acme_swaps_total", {}, swaps);
}

void write_process(MetricsText& text, const ProcessStatus& process) {
  text.begin_family("nginx_acme_helper_up", MetricType::kGauge,
                    "1 when the helper process lives.");
  text.sample("nginx_acme_helper_up", {},
              std::uint64_t{process.is_helper_alive ? 1U : 0U});
  if (const auto& skew = process.helper.clock_skew_seconds) {
    text.begin_family("nginx_acme_clock_skew_seconds", MetricType::kGauge,
                      "What the CA's clock is ahead of this machine's.");
    text.sample("nginx_acme_clock_skew_seconds", {}, *skew);
  }
  text.begin_family("nginx_acme_build", MetricType::kInfo,
                    "What runs: versions of the module, nginx and OpenSSL.");
  text.sample("nginx_acme_build_info",
              {{"version", process.version},
               {"nginx", process.nginx_version},
               {"openssl", process.openssl_version}},
              std::uint64_t{1});
}

// Aggregates first, then family by family, a slice of certificates at a time.
class MetricsBody {
 public:
  MetricsBody(std::shared_ptr<const StatusSnapshot> snapshot,
              std::vector<CertificateMetric> metrics,
              bool only_what_is_not_valid, MetricsFormat format)
      : snapshot_(std::move(snapshot)),
        metrics_(std::move(metrics)),
        only_what_is_not_valid_(only_what_is_not_valid),
        format_(format) {}

  bool operator()(std::string& out) {
    MetricsText text(out, format_);
    if (!is_prepared_) {
      is_prepared_ = true;
      subjects_ = metric_subjects(*snapshot_, only_what_is_not_valid_);
      return true;
    }
    if (is_at_aggregates_) {
      is_at_aggregates_ = false;
      write_process(text, snapshot_->process);
      write_states(text, *snapshot_);
      write_issuers(text, *snapshot_);
      write_counters(text, *snapshot_);
      write_durations(text, *snapshot_);
      return true;
    }
    write_slice(text);
    if (metric_ < metrics_.size()) {
      return true;
    }
    text.end();
    return false;
  }

 private:
  void write_slice(MetricsText& text) {
    const CertificateMetric& metric = metrics_[metric_];
    if (done_ == 0) {
      text.begin_family(metric.name, metric.type, metric.help);
    }
    const std::size_t end = std::min(done_ + kSubjectsAtOnce, subjects_.size());
    for (; done_ < end; ++done_) {
      metric.write(text, subjects_[done_], snapshot_->taken_at);
    }
    if (done_ == subjects_.size()) {
      done_ = 0;
      ++metric_;
    }
  }

  std::shared_ptr<const StatusSnapshot> snapshot_;
  std::vector<CertificateMetric> metrics_;
  bool is_prepared_ = false;
  bool is_at_aggregates_ = true;
  bool only_what_is_not_valid_;
  MetricsFormat format_;
  std::vector<MetricSubject> subjects_;
  std::size_t metric_ = 0;
  std::size_t done_ = 0;
};

// The weight of a media range, in thousandths; -1: it is not there.
int weight_of(std::string_view accept, std::string_view range) noexcept {
  const std::size_t place = accept.find(range);
  if (place == std::string_view::npos) {
    return -1;
  }
  accept.remove_prefix(place + range.size());
  accept = accept.substr(0, accept.find(','));
  const std::size_t weight = accept.find("q=");
  if (weight == std::string_view::npos) {
    return 1000;
  }
  accept.remove_prefix(weight + 2);
  int value = 0;
  int unit = 1000;
  for (const char c : accept) {
    if (is_digit(c) && unit > 0) {
      value += (c - '0') * unit;
      unit /= 10;
    } else if (c != '.') {
      break;
    }
  }
  return value;
}

}  // namespace

MetricsFormat accepted_format(std::string_view accept) noexcept {
  const int open_metrics = weight_of(accept, "application/openmetrics-text");
  const int plain = weight_of(accept, "text/plain");
  return open_metrics > 0 && open_metrics >= plain ? MetricsFormat::kOpenMetrics
                                                   : MetricsFormat::kPrometheus;
}

StatusAnswer metrics_answer(
    const std::shared_ptr<const StatusSnapshot>& snapshot,
    const QueryParameters& parameters, std::string_view accept) {
  if (!parameters.fault().empty()) {
    return problem(400, parameters.fault());
  }
  if (const auto other = parameters.other_than({"compat", "all"});
      !other.empty()) {
    return problem(400, "metrics have no parameter \"" + std::string(other) +
                            "\"; there are compat and all");
  }
  const std::string_view compat = parameters.get("compat");
  if (!compat.empty() && compat != "x509" && compat != "traefik") {
    return problem(400, "compat has to be x509 or traefik");
  }
  std::vector<CertificateMetric> metrics(our_metrics().begin(),
                                         our_metrics().end());
  const auto aliases = compat == "x509" ? x509_metrics()
                       : compat == "traefik"
                           ? traefik_metrics()
                           : std::span<const CertificateMetric>();
  metrics.insert(metrics.end(), aliases.begin(), aliases.end());
  const MetricsFormat format = accepted_format(accept);
  StatusAnswer answer =
      whole_answer(200,
                   format == MetricsFormat::kOpenMetrics ? kOpenMetricsType
                                                         : kPrometheusType,
                   {});
  answer.headers.emplace_back("Vary", "Accept");
  answer.next =
      MetricsBody(snapshot, std::move(metrics),
                  !parameters.is_set("all") && snapshot->certificates.size() >
                                                   kMostCertificatesWithMetrics,
                  format);
  return answer;
}

}  // namespace acme
