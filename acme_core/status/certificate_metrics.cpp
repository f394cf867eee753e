// SPDX-License-Identifier: BSD-2-Clause
// The metrics that every certificate has.
#include "acme_core/status/certificate_metrics.h"

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <utility>

#include "acme_core/status/selection.h"

namespace acme {
namespace {

template <typename Value>
void sample(MetricsText& text, std::string_view name,
            const MetricSubject& subject, const Value& value) {
  const CertificateStatus& c = *subject.certificate;
  text.sample(name,
              {{"certificate", c.name},
               {"issuer", issuer_of(c)},
               {"key", c.key},
               {subject.is_ambiguous ? "id" : "", c.id}},
              value);
}

void sample_time(MetricsText& text, std::string_view name,
                 const MetricSubject& subject,
                 const std::optional<TimePoint>& time) {
  if (time) {
    sample(text, name, subject, *time);
  }
}

constexpr std::array kOurs{
    CertificateMetric{
        "nginx_acme_certificate_not_after_timestamp_seconds",
        MetricType::kGauge, "When the certificate that is served expires.",
        [](MetricsText& text, const MetricSubject& subject, TimePoint) {
          sample_time(text,
                      "nginx_acme_certificate_not_after_timestamp_seconds",
                      subject, subject.certificate->not_after);
        }},
    CertificateMetric{
        "nginx_acme_certificate_not_before_timestamp_seconds",
        MetricType::kGauge, "Since when the certificate is valid.",
        [](MetricsText& text, const MetricSubject& subject, TimePoint) {
          sample_time(text,
                      "nginx_acme_certificate_not_before_timestamp_seconds",
                      subject, subject.certificate->not_before);
        }},
    CertificateMetric{
        "nginx_acme_certificate_renewal_timestamp_seconds", MetricType::kGauge,
        "When its renewal is due.",
        [](MetricsText& text, const MetricSubject& subject, TimePoint) {
          sample_time(text, "nginx_acme_certificate_renewal_timestamp_seconds",
                      subject, subject.certificate->renew_at);
        }},
    CertificateMetric{
        "nginx_acme_certificate_next_attempt_timestamp_seconds",
        MetricType::kGauge, "When its order is tried again after a failure.",
        [](MetricsText& text, const MetricSubject& subject, TimePoint) {
          sample_time(text,
                      "nginx_acme_certificate_next_attempt_timestamp_seconds",
                      subject, subject.certificate->next_attempt);
        }},
    CertificateMetric{
        "nginx_acme_certificate_served", MetricType::kGauge,
        "1 when visitors get a certificate, 0 when they meet acme_fallback.",
        [](MetricsText& text, const MetricSubject& subject, TimePoint) {
          sample(text, "nginx_acme_certificate_served", subject,
                 std::uint64_t{subject.certificate->is_served ? 1U : 0U});
        }},
    CertificateMetric{
        "nginx_acme_certificate_failures", MetricType::kGauge,
        "How many orders for it have failed in a row.",
        [](MetricsText& text, const MetricSubject& subject, TimePoint) {
          sample(text, "nginx_acme_certificate_failures", subject,
                 std::uint64_t{subject.certificate->failures});
        }},
    CertificateMetric{
        "nginx_acme_certificate", MetricType::kInfo,
        "What else is known of the certificate.",
        [](MetricsText& text, const MetricSubject& subject, TimePoint) {
          const CertificateStatus& c = *subject.certificate;
          text.sample("nginx_acme_certificate_info",
                      {{"certificate", c.name},
                       {"issuer", issuer_of(c)},
                       {"key", c.key},
                       {"id", c.id},
                       {"state", to_string(c.state)},
                       {"serial", c.serial},
                       {"fingerprint", c.fingerprint},
                       {"profile", c.profile},
                       {"file", c.file}},
                      std::uint64_t{1});
        }}};

// Its serial number and where it is found tell certificates apart there.
template <typename Value>
void x509_sample(MetricsText& text, std::string_view name,
                 const MetricSubject& subject, const Value& value) {
  const CertificateStatus& c = *subject.certificate;
  const std::string& path = c.file.empty() ? c.id : c.file;
  text.sample(name,
              {{"filename", std::string_view(path).substr(path.rfind('/') + 1)},
               {"filepath", path},
               {"serial_number", decimal(c.serial)},
               {"subject_CN", c.name},
               {"issuer_CN", c.chain.empty() ? std::string_view()
                                             : std::string_view(c.chain[0])},
               {subject.is_ambiguous ? "discriminator" : "", c.id}},
              value);
}

constexpr std::array kX509{
    CertificateMetric{
        "x509_cert_not_after", MetricType::kGauge,
        "When the certificate expires.",
        [](MetricsText& text, const MetricSubject& subject, TimePoint) {
          if (const auto& time = subject.certificate->not_after) {
            x509_sample(text, "x509_cert_not_after", subject, *time);
          }
        }},
    CertificateMetric{
        "x509_cert_not_before", MetricType::kGauge,
        "Since when the certificate is valid.",
        [](MetricsText& text, const MetricSubject& subject, TimePoint) {
          if (const auto& time = subject.certificate->not_before) {
            x509_sample(text, "x509_cert_not_before", subject, *time);
          }
        }},
    CertificateMetric{
        "x509_cert_expired", MetricType::kGauge,
        "1 when the certificate has expired.",
        [](MetricsText& text, const MetricSubject& subject, TimePoint now) {
          if (const auto& time = subject.certificate->not_after) {
            x509_sample(text, "x509_cert_expired", subject,
                        std::uint64_t{*time <= now ? 1U : 0U});
          }
        }}};

constexpr std::array kTraefik{CertificateMetric{
    "traefik_tls_certs_not_after", MetricType::kGauge,
    "When the certificate expires.",
    [](MetricsText& text, const MetricSubject& subject, TimePoint) {
      const CertificateStatus& c = *subject.certificate;
      if (!c.not_after) {
        return;
      }
      std::string names;
      for (const std::string& name : c.names) {
        names.append(names.empty() ? "" : ",").append(name);
      }
      text.sample("traefik_tls_certs_not_after",
                  {{"cn", c.name},
                   {"sans", names},
                   {"serial", decimal(c.serial)},
                   {subject.is_ambiguous ? "id" : "", c.id}},
                  *c.not_after);
    }}};

// By what labels tell certificates apart. Two that are only alike by accident
// get an ID too: that is no harm.
std::size_t hash_of(const CertificateStatus& c) {
  const std::hash<std::string_view> hash;
  return hash(c.name) ^ (hash(issuer_of(c)) * 3) ^ (hash(c.key) * 7);
}

}  // namespace

std::span<const CertificateMetric> our_metrics() noexcept { return kOurs; }
std::span<const CertificateMetric> x509_metrics() noexcept { return kX509; }
std::span<const CertificateMetric> traefik_metrics() noexcept {
  return kTraefik;
}

std::vector<MetricSubject> metric_subjects(const StatusSnapshot& snapshot,
                                           bool only_what_is_not_valid) {
  std::vector<std::pair<std::size_t, std::size_t>> hashes;
  std::vector<MetricSubject> subjects;
  for (const CertificateStatus& certificate : snapshot.certificates) {
    // That nobody is served an orphan, and that it expires, is no alarm.
    if (certificate.state == CertificateState::kOrphan ||
        (only_what_is_not_valid &&
         certificate.state == CertificateState::kValid)) {
      continue;
    }
    hashes.emplace_back(hash_of(certificate), subjects.size());
    subjects.push_back({&certificate});
  }
  std::sort(hashes.begin(), hashes.end());
  for (std::size_t i = 1; i < hashes.size(); ++i) {
    if (hashes[i].first == hashes[i - 1].first) {
      subjects[hashes[i].second].is_ambiguous = true;
      subjects[hashes[i - 1].second].is_ambiguous = true;
    }
  }
  return subjects;
}

}  // namespace acme
