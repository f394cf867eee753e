// SPDX-License-Identifier: BSD-2-Clause
// How much shared memory a plan's answers need.
#include "ngx_module/shared/challenge_zone_size.h"

#include <gtest/gtest.h>

#include <bit>
#include <string>

namespace ngx_acme {
namespace {

constexpr std::size_t kMegabyte = 1024 * 1024;
// What the largest answer takes, a challenge certificate with its key.
constexpr std::size_t kAnswer = 1024;

acme::Plan plan_of(std::size_t certificates, std::size_t names,
                   std::size_t orders_at_once = 8, std::size_t issuers = 1) {
  acme::Plan plan;
  for (std::size_t i = 0; i < issuers; ++i) {
    acme::IssuerSpec issuer;
    issuer.name = "ca" + std::to_string(i);
    issuer.orders_at_once = orders_at_once;
    plan.issuers.push_back(std::move(issuer));
  }
  for (std::size_t i = 0; i < certificates; ++i) {
    acme::CertificateSpec spec;
    spec.issuers = {i % issuers};
    for (std::size_t name = 0; name < names; ++name) {
      spec.identifiers.push_back(
          {acme::Identifier::Type::kDns,
           std::to_string(i) + "-" + std::to_string(name) + ".example.com"});
    }
    plan.certificates.push_back(std::move(spec));
  }
  return plan;
}

TEST(ChallengeZoneSize, StaysTheSameForMostPlans) {
  EXPECT_EQ(challenge_zone_size(plan_of(1, 1)), 4 * kMegabyte);
  EXPECT_EQ(challenge_zone_size(plan_of(10'000, 3)), 4 * kMegabyte);
  EXPECT_EQ(challenge_zone_size(plan_of(100, 100)), 4 * kMegabyte);
}

TEST(ChallengeZoneSize, HasRoomForAllThatMayBeWantedAtOnce) {
  for (const std::size_t orders : {8, 64, 500}) {
    const std::size_t size = challenge_zone_size(plan_of(1'000, 100, orders));
    EXPECT_GT(size, orders * 100 * kAnswer) << orders;
    EXPECT_TRUE(std::has_single_bit(size));
  }
  EXPECT_GT(challenge_zone_size(plan_of(1'000, 100, 8, 10)),
            challenge_zone_size(plan_of(1'000, 100, 8, 1)));
}

TEST(ChallengeZoneSize, CountsNoMoreOrdersThanThereAreCertificates) {
  EXPECT_EQ(challenge_zone_size(plan_of(2, 10, 1'000)), 4 * kMegabyte);
}

}  // namespace
}  // namespace ngx_acme
