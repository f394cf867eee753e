// SPDX-License-Identifier: BSD-2-Clause
#include "acme_core/status/describe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/test_ca.h"

namespace acme {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using namespace std::chrono_literals;

CertificateChain chain_for(const std::vector<std::string>& names) {
  TestCa ca;
  const auto key = PrivateKey::generate(KeyType::kEcdsa256);
  return *CertificateChain::from_pem(ca.issue(identifiers_of(names), key));
}

Plan two_issuers() {
  Plan plan;
  plan.issuers.resize(2);
  plan.issuers[0].name = "first";
  plan.issuers[0].profile = "shortlived";
  plan.issuers[1].name = "second";
  return plan;
}

CertificateSpec spec_for(const std::vector<std::string>& names) {
  CertificateSpec spec;
  spec.issuers = {0, 1};
  spec.identifiers = identifiers_of(names);
  return spec;
}

TEST(Describe, TellsWhatIsWishedServedAndNoted) {
  const auto chain = chain_for({"a.example", "b.example"});
  const auto spec = spec_for({"a.example", "b.example"});
  CertificateNote note;
  note.record.issuer = "second";
  note.record.proved_by["second"]["a.example"] = "dns-01";
  note.record.proved_by["first"]["b.example"] = "http-01";
  note.renew_at = kTestNotBefore + 60 * 24h;
  note.renew_why = "suggested by the CA";

  const auto status = describe(
      spec, two_issuers(),
      ServedCertificate{.chain = chain, .is_stand_in = false, .generation = 7},
      note);

  EXPECT_EQ(status.id, spec.storage_name());
  EXPECT_EQ(status.name, "a.example");
  EXPECT_THAT(status.names, ElementsAre("a.example", "b.example"));
  EXPECT_EQ(status.issuer, "second");
  EXPECT_THAT(status.issuers, ElementsAre("first", "second"));
  EXPECT_EQ(status.key, "ecdsa:256");
  EXPECT_EQ(status.profile, "shortlived");
  EXPECT_THAT(status.proved_by, ElementsAre(Pair("a.example", "dns-01")));
  EXPECT_TRUE(status.is_served);
  EXPECT_EQ(status.generation, 7U);
  EXPECT_EQ(status.not_after, kTestNotAfter);
  EXPECT_THAT(status.fingerprint, SizeIs(64));
  EXPECT_EQ(status.chain.front(), "Test Intermediate");
  EXPECT_EQ(status.renew_at, note.renew_at);
}

TEST(Describe, ShowsTheChainAndNeverAKey) {
  const auto chain = chain_for({"a.example"});
  const auto status = describe(spec_for({"a.example"}), two_issuers(),
                               ServedCertificate{.chain = chain}, {});
  EXPECT_EQ(status.pem, chain.to_pem());
  EXPECT_EQ(status.pem.find("KEY"), std::string::npos);
}

TEST(Describe, AddsUpTheFailuresSinceItLastWentWell) {
  CertificateNote note;
  note.record.backoffs["first"].failures = 2;
  note.record.backoffs["second"].failures = 1;
  note.record.history = {{.at = kTestNotBefore,
                          .issuer = "first",
                          .succeeded = true,
                          .message = "issued"},
                         {.at = kTestNotBefore + 1h,
                          .issuer = "first",
                          .succeeded = false,
                          .message = "no (dns)"}};
  auto status =
      describe(spec_for({"a.example"}), two_issuers(), std::nullopt, note);
  EXPECT_EQ(status.failures, 3U);
  EXPECT_EQ(status.last_error, "no (dns)");
  EXPECT_FALSE(status.is_served);

  note.record.history.push_back({.at = kTestNotBefore + 2h,
                                 .issuer = "first",
                                 .succeeded = true,
                                 .message = "issued"});
  note.record.backoffs.clear();
  status = describe(spec_for({"a.example"}), two_issuers(), std::nullopt, note);
  EXPECT_EQ(status.failures, 0U);
  EXPECT_THAT(status.last_error, IsEmpty());
}

TEST(Describe, KnowsTheOperatorsOwnFileByItsNumber) {
  const auto status =
      describe_static(chain_for({"own.example"}), 4, "/etc/ssl/own.pem");
  EXPECT_EQ(status.id, "static:4");
  EXPECT_EQ(status.name, "own.example");
  EXPECT_EQ(status.state, CertificateState::kStatic);
  EXPECT_EQ(status.issuer, "Test Intermediate");
  EXPECT_EQ(status.file, "/etc/ssl/own.pem");
}

TEST(Describe, ShowsWhatNobodyUsesAnyMore) {
  OrphanNote orphan{.storage_name = "gone.example-1",
                    .identifiers = {"gone.example"},
                    .serial = "0a",
                    .not_before = "2026-01-01T00:00:00Z",
                    .not_after = "malformed",
                    .unused_since = kTestNotBefore};
  auto status = describe_orphan(orphan, "first");
  EXPECT_EQ(status.id, "gone.example-1");
  EXPECT_EQ(status.state, CertificateState::kOrphan);
  EXPECT_THAT(status.reason, HasSubstr("since 2026-01-01T00:00:00Z"));
  EXPECT_EQ(status.not_before, kTestNotBefore);
  EXPECT_EQ(status.not_after, std::nullopt);

  const std::string reason = status.reason;
  update_state(status, kTestNotAfter);
  EXPECT_EQ(status.state, CertificateState::kOrphan);
  EXPECT_EQ(status.reason, reason);
}

}  // namespace
}  // namespace acme
