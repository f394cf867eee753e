// SPDX-License-Identifier: BSD-2-Clause
#include "acme_core/status/metrics_face.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "tests/unit/status/status_answers.h"

namespace acme {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

std::string open_metrics(const std::shared_ptr<StatusSnapshot>& snapshot) {
  StatusRequest request = request_for("metrics");
  request.accept = "application/openmetrics-text;version=1.0.0,*/*;q=0.1";
  StatusAnswer given = answer(request, snapshot);
  EXPECT_THAT(given.content_type, HasSubstr("openmetrics-text; version=1.0.0"));
  return body_of(given);
}

TEST(Metrics, OfACertificate) {
  const std::string text = body_at("metrics", make_snapshot(1));
  const std::string labels =
      "{certificate=\"www.example.com\",issuer=\"letsencrypt\","
      "key=\"ecdsa:256\"} ";
  EXPECT_THAT(
      text,
      AllOf(HasSubstr("nginx_acme_certificate_not_after_timestamp_seconds" +
                      labels + "1775044800\n"),
            HasSubstr("nginx_acme_certificate_not_before_timestamp_seconds" +
                      labels),
            HasSubstr("nginx_acme_certificate_renewal_timestamp_seconds" +
                      labels),
            HasSubstr("nginx_acme_certificate_served" + labels + "1\n"),
            HasSubstr("nginx_acme_certificate_failures" + labels + "0\n"),
            HasSubstr("state=\"valid\",serial=\"04a2b7")));
}

TEST(Metrics, OfTheWhole) {
  const std::string text = body_at("metrics", make_snapshot(12));
  EXPECT_THAT(text,
              AllOf(HasSubstr("nginx_acme_certificates{state=\"failing\"} 1\n"),
                    HasSubstr("nginx_acme_issuer_up{issuer=\"zerossl\"} 1\n"),
                    HasSubstr("nginx_acme_orders_total{issuer=\"letsencrypt\","
                              "result=\"failed\",reason=\"connection\"} 4\n"),
                    HasSubstr("limit=\"certificates for example.com\"} 9\n"),
                    HasSubstr("nginx_acme_helper_up 1\n"),
                    HasSubstr("nginx_acme_swaps_total 852\n"),
                    HasSubstr("nginx_acme_clock_skew_seconds 0\n"),
                    HasSubstr("nginx_acme_build_info{version=\"0.1.0\","
                              "nginx=\"1.22.1\",openssl=\"OpenSSL 3.0.17")));
}

TEST(Metrics, AddUpTheBucketsOfTheHistogram) {
  const std::string text = body_at("metrics", make_snapshot(1));
  const std::string name = "nginx_acme_request_duration_seconds";
  EXPECT_THAT(
      text,
      AllOf(
          HasSubstr(name + "_bucket{issuer=\"letsencrypt\",le=\"0.05\"} 100"),
          HasSubstr(name + "_bucket{issuer=\"letsencrypt\",le=\"1\"} 500"),
          HasSubstr(name + "_bucket{issuer=\"letsencrypt\",le=\"+Inf\"} 1000"),
          HasSubstr(name + "_sum{issuer=\"letsencrypt\"} 301.250000\n"),
          HasSubstr(name + "_count{issuer=\"letsencrypt\"} 1000\n")));
}

TEST(Metrics, EscapeTheValuesOfLabels) {
  const auto snapshot = make_snapshot(1);
  snapshot->certificates[0].name = "a\"} 1\nforged{b=\"\\";
  EXPECT_THAT(body_at("metrics", snapshot),
              AllOf(HasSubstr("certificate=\"a\\\"} 1\\nforged{b=\\\"\\\\\""),
                    Not(HasSubstr("\nforged"))));
}

TEST(Metrics, AreOpenMetricsWhereTheyAreWished) {
  EXPECT_THAT(open_metrics(make_snapshot(12)),
              AllOf(HasSubstr("# TYPE nginx_acme_orders counter\n"),
                    HasSubstr("# TYPE nginx_acme_build info\n"),
                    HasSubstr("# TYPE nginx_acme_certificate info\n"),
                    HasSubstr("le=\"1.0\"} 500\n"), EndsWith("\n# EOF\n")));
  EXPECT_THAT(body_at("metrics", make_snapshot(1)),
              AllOf(HasSubstr("# TYPE nginx_acme_orders_total counter\n"),
                    Not(HasSubstr("# EOF"))));
}

TEST(Metrics, AreInTheFormThatTheClientWouldRatherHave) {
  using enum MetricsFormat;
  EXPECT_EQ(accepted_format(""), kPrometheus);
  EXPECT_EQ(accepted_format("*/*"), kPrometheus);
  EXPECT_EQ(accepted_format("text/plain"), kPrometheus);
  EXPECT_EQ(accepted_format("application/openmetrics-text"), kOpenMetrics);
  EXPECT_EQ(accepted_format("application/openmetrics-text;q=0"), kPrometheus);
  EXPECT_EQ(accepted_format("application/openmetrics-text;version=1.0.0;q=0.5,"
                            "text/plain;version=0.0.4;q=0.4"),
            kOpenMetrics);
  EXPECT_EQ(accepted_format("application/openmetrics-text;q=0.2,"
                            "text/plain;q=0.4"),
            kPrometheus);
}

TEST(Metrics, HaveAliasesForDashboardsThatExist) {
  const auto snapshot = make_snapshot(6);
  EXPECT_THAT(
      body_at("metrics?compat=x509", snapshot),
      AllOf(HasSubstr("\nx509_cert_not_after{filename=\"static.example.net.pem"
                      "\",filepath=\"/etc/ssl/static.example.net.pem\","
                      "serial_number=\""),
            HasSubstr("\nx509_cert_expired{"),
            HasSubstr("\nnginx_acme_certificate_served{")));
  EXPECT_THAT(body_at("metrics?compat=traefik", snapshot),
              HasSubstr("\ntraefik_tls_certs_not_after{cn=\"www.example.com\","
                        "sans=\"www.example.com,m.www.example.com\","
                        "serial=\""));
}

TEST(Metrics, WriteSerialNumbersInDecimalForOthers) {
  EXPECT_EQ(decimal("0"), "0");
  EXPECT_EQ(decimal("ff"), "255");
  EXPECT_EQ(decimal("0100"), "256");
  EXPECT_EQ(decimal("ffffffffffffffffffff"), "1208925819614629174706175");
  EXPECT_EQ(decimal("no number"), "no number");
}

TEST(Metrics, HaveNoTwoSeriesWithTheSameLabels) {
  const auto snapshot = make_snapshot(3);
  snapshot->certificates[1] = snapshot->certificates[0];
  snapshot->certificates[1].id = "another";
  for (const std::string_view target :
       {"metrics", "metrics?compat=x509", "metrics?compat=traefik"}) {
    std::istringstream lines(body_at(target, snapshot));
    std::set<std::string> series;
    std::string line;
    while (std::getline(lines, line)) {
      if (!line.starts_with('#')) {
        EXPECT_TRUE(series.insert(line.substr(0, line.rfind(' '))).second)
            << line;
      }
    }
  }
}

TEST(Metrics, AreOfWhatIsNotValidWhenThereAreTooMany) {
  const auto snapshot =
      make_snapshot(kMostCertificatesWithMetrics + 1, /*is_calm=*/true);
  snapshot->certificates[5].state = CertificateState::kFailing;
  const std::string text = body_at("metrics", snapshot);
  EXPECT_THAT(text, HasSubstr("certificate=\"static.example.net\""));
  EXPECT_THAT(text, Not(HasSubstr("certificate=\"shop.example.com\"")));
  EXPECT_THAT(body_at("metrics?all=1", snapshot),
              HasSubstr("certificate=\"shop.example.com\""));
}

TEST(Metrics, LeaveOrphansOut) {
  const std::string text = body_at("metrics", make_snapshot(12));
  EXPECT_THAT(text, HasSubstr("nginx_acme_certificates{state=\"orphan\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("intranet.example.org")));
}

TEST(Metrics, ComeInSlices) {
  StatusAnswer given = answer(request_for("metrics"), make_snapshot(5000));
  std::size_t slices = 0;
  bool has_more = true;
  while (has_more) {
    std::string slice;
    has_more = given.next(slice);
    EXPECT_LT(slice.size(), 100'000U);
    ++slices;
  }
  EXPECT_GE(slices, 7U * 25U);
}

}  // namespace
}  // namespace acme
