// SPDX-License-Identifier: BSD-2-Clause
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "acme_core/status/describe.h"
#include "tests/support/status_snapshot.h"

namespace acme {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::chrono_literals;
using std::chrono::days;

constexpr TimePoint kUpdateTime = kSnapshotTime;

CertificateStatus updated(CertificateStatus certificate) {
  update_state(certificate, kUpdateTime);
  return certificate;
}

CertificateStatus failing() {
  CertificateStatus certificate = valid_certificate("a.example");
  certificate.failures = 3;
  certificate.last_error = "order failed: SERVFAIL looking up A (dns)";
  certificate.next_attempt = kUpdateTime + 42min;
  return certificate;
}

TEST(State, IsValidWhileNothingIsDue) {
  const auto status = updated(valid_certificate("a.example"));
  EXPECT_EQ(status.state, CertificateState::kValid);
  EXPECT_THAT(status.reason, AllOf(HasSubstr("until 2026-05-10 12:00 UTC"),
                                   HasSubstr("suggested by the CA")));
  EXPECT_THAT(status.cure, IsEmpty());
}

TEST(State, IsRenewingWhileAnOrderIsUnderWay) {
  auto certificate = valid_certificate("a.example");
  certificate.order = {
      .issuer = "ca", .url = "", .step = "finalizing", .since = kUpdateTime};
  const auto status = updated(certificate);
  EXPECT_EQ(status.state, CertificateState::kRenewing);
  EXPECT_THAT(status.reason, HasSubstr("\"ca\" is under way (finalizing)"));
  EXPECT_THAT(status.cure, IsEmpty());
}

TEST(State, IsWaitingForAnIssuerOrForItsTurn) {
  auto certificate = valid_certificate("a.example");
  certificate.waiting = Waiting{"ca", "it gives no answer"};
  EXPECT_EQ(updated(certificate).state, CertificateState::kWaiting);
  EXPECT_THAT(updated(certificate).reason,
              HasSubstr("issuer \"ca\": it gives no answer"));

  certificate = valid_certificate("a.example");
  certificate.renew_at = kUpdateTime - 1h;
  EXPECT_EQ(updated(certificate).state, CertificateState::kWaiting);
  EXPECT_THAT(updated(certificate).reason,
              HasSubstr("was due at 2026-03-01 11:00 UTC"));

  certificate = valid_certificate("a.example");
  certificate.is_stand_in = true;
  EXPECT_EQ(updated(certificate).state, CertificateState::kWaiting);
}

TEST(State, IsFailingWithTheErrorItsCountAndTheNextAttempt) {
  const auto status = updated(failing());
  EXPECT_EQ(status.state, CertificateState::kFailing);
  EXPECT_THAT(status.reason, AllOf(HasSubstr("3 times in a row"),
                                   HasSubstr("SERVFAIL looking up A"),
                                   HasSubstr("2026-03-01 12:42 UTC")));
}

TEST(State, NamesTheCureOfEachOfTheCasProblems) {
  const auto cure_of = [](const std::string& error) {
    auto certificate = failing();
    certificate.last_error = error;
    return updated(certificate).cure;
  };
  EXPECT_THAT(cure_of("x (dns)"), HasSubstr("DNS records"));
  EXPECT_THAT(cure_of("x (connection)"), HasSubstr("port 80"));
  EXPECT_THAT(cure_of("x (unauthorized)"), HasSubstr("lead to this server"));
  EXPECT_THAT(cure_of("x (caa)"), HasSubstr("CAA records"));
  EXPECT_THAT(cure_of("x (rateLimited)"), HasSubstr("waiting"));
  EXPECT_THAT(cure_of("x (externalAccountRequired)"),
              HasSubstr("external_account_key"));
  EXPECT_THAT(cure_of("something else"), HasSubstr("retry"));
}

TEST(State, IsExpiringWhenASixthOfTheLifetimeIsLeft) {
  auto certificate = valid_certificate("a.example");
  certificate.not_after = kUpdateTime + 15 * days(1);
  certificate.not_before = *certificate.not_after - days(90);
  EXPECT_EQ(updated(certificate).state, CertificateState::kExpiring);
  EXPECT_THAT(updated(certificate).cure, HasSubstr("error log"));

  certificate.not_after = *certificate.not_after + 1s;
  certificate.not_before = *certificate.not_before + 1s;
  EXPECT_NE(updated(certificate).state, CertificateState::kExpiring);
}

TEST(State, IsExpiredFromTheLastMomentOn) {
  auto certificate = failing();
  certificate.not_after = kUpdateTime;
  const auto status = updated(certificate);
  EXPECT_EQ(status.state, CertificateState::kExpired);
  EXPECT_THAT(status.reason, AllOf(HasSubstr("nothing better to serve"),
                                   HasSubstr("SERVFAIL")));
  EXPECT_THAT(status.cure, HasSubstr("DNS records"));
}

TEST(State, IsFallbackWithoutACertificateAndNeedsNobodyWhileItIsOrdered) {
  auto certificate = failing();
  certificate.is_served = false;
  EXPECT_EQ(updated(certificate).state, CertificateState::kFallback);
  EXPECT_THAT(updated(certificate).cure, HasSubstr("DNS records"));

  certificate.last_error.clear();
  certificate.order = {
      .issuer = "ca", .url = "", .step = "authorizing", .since = kUpdateTime};
  EXPECT_EQ(updated(certificate).state, CertificateState::kFallback);
  EXPECT_THAT(updated(certificate).reason, HasSubstr("under way"));
  EXPECT_THAT(updated(certificate).cure, IsEmpty());
}

TEST(State, OfTheOperatorsOwnFileStaysAndAsksForAPersonNearItsEnd) {
  auto certificate = valid_certificate("a.example");
  certificate.state = CertificateState::kStatic;
  EXPECT_EQ(updated(certificate).state, CertificateState::kStatic);
  EXPECT_THAT(updated(certificate).cure, IsEmpty());

  // The same object at a later look.
  update_state(certificate, *certificate.not_after - days(10));
  EXPECT_EQ(certificate.state, CertificateState::kStatic);
  EXPECT_THAT(certificate.cure, HasSubstr("Replace the file"));
  update_state(certificate, *certificate.not_after);
  EXPECT_THAT(certificate.reason, HasSubstr("has expired"));
}

TEST(State, MovesWithTheTimeAlone) {
  auto certificate = valid_certificate("a.example");
  update_state(certificate, kUpdateTime);
  EXPECT_EQ(certificate.state, CertificateState::kValid);
  update_state(certificate, *certificate.renew_at);
  EXPECT_EQ(certificate.state, CertificateState::kWaiting);
  update_state(certificate, *certificate.not_after - days(1));
  EXPECT_EQ(certificate.state, CertificateState::kExpiring);
  update_state(certificate, *certificate.not_after);
  EXPECT_EQ(certificate.state, CertificateState::kExpired);
  EXPECT_THAT(certificate.reason, HasSubstr("has expired"));
}

TEST(State, OfAValidOneThatLacksNamesOrTheDiskSaysSo) {
  auto certificate = valid_certificate("a.example");
  certificate.left_out = {{"b.example", "NXDOMAIN"}};
  EXPECT_EQ(updated(certificate).state, CertificateState::kValid);
  EXPECT_THAT(updated(certificate).cure, HasSubstr("left out"));

  certificate = valid_certificate("a.example");
  certificate.is_saved = false;
  EXPECT_THAT(updated(certificate).cure, HasSubstr("state directory"));
}

TEST(State, HasAWordThatIsReadBack) {
  for (unsigned i = 0; i < 9; ++i) {
    const auto state = static_cast<CertificateState>(i);
    EXPECT_EQ(certificate_state(to_string(state)), state);
  }
  EXPECT_EQ(certificate_state("bogus"), std::nullopt);
}

}  // namespace
}  // namespace acme
