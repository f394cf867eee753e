// SPDX-License-Identifier: BSD-2-Clause
// One dead name does not take the others down.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "tests/unit/engine/engine_fixture.h"

namespace acme {
namespace {

class PartialCertificate : public EngineTest {
 protected:
  PartialCertificate() {
    plan_.certificates.clear();
    plan_.certificates.push_back(
        {.identifiers = identifiers_of(
             {"www.example.org", "example.org", "old.example.net"})});
    ca_.validate_by(
        [this](const Identifier& name,
               const std::string& token) -> std::optional<std::string> {
          return dead_.contains(name.value) ? std::nullopt
                                            : publisher_.answer(token);
        });
  }

  // Until after the next try that is due.
  void next_try() {
    const auto backoffs = record().backoffs;
    ASSERT_TRUE(backoffs.contains("test"));
    pass(std::max<std::chrono::milliseconds>(
             backoffs.at("test").retry_at - clock_.now(), 0s) +
         1s);
  }
  [[nodiscard]] bool serves(const std::string& name) {
    const auto certificate = publisher_.certificate(0);
    return certificate && certificate->chain.covers(identifiers_of({name}));
  }
  [[nodiscard]] bool serves_rest() {
    return serves("www.example.org") && serves("example.org") &&
           !serves("old.example.net");
  }

  std::set<std::string> dead_{"old.example.net"};
};

TEST_F(PartialCertificate, IsOrderedWhenANameFailsTwice) {
  start();
  pass(10s);
  EXPECT_FALSE(serves("example.org"));
  next_try();
  EXPECT_TRUE(serves_rest());
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 3U);
  EXPECT_TRUE(record().left_out.contains("old.example.net"));
  EXPECT_TRUE(logger_.contains("it is ordered without \"old.example.net\""));
}

TEST_F(PartialCertificate, BecomesWholeAtThePaceOfFailures) {
  start();
  pass(10s);
  next_try();
  const std::size_t told = logger_.count_from(LogLevel::kWarn);
  next_try();
  next_try();
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 5U) << "two tries for all names";
  EXPECT_EQ(logger_.count_from(LogLevel::kWarn), told) << "told once";
  EXPECT_TRUE(serves_rest());
  dead_.clear();
  next_try();
  EXPECT_TRUE(serves("old.example.net"));
  EXPECT_TRUE(record().left_out.empty());
  EXPECT_TRUE(logger_.contains("no name is left out any more"));
}

TEST_F(PartialCertificate, OutlivesARestart) {
  start();
  pass(10s);
  next_try();
  const unsigned orders = ca_.count(Resource::kNewOrder);
  const std::string serial = publisher_.serial(0);
  engine_.reset();
  RecordingPublisher fresh;  // as after a stop and a start
  engine_ = std::make_unique<Engine>(plan_, environment(fresh));
  engine_->start();
  settle();
  pass(10s);
  EXPECT_EQ(fresh.serial(0), serial);
  restart();
  EXPECT_EQ(ca_.count(Resource::kNewOrder), orders);
  next_try();
  EXPECT_EQ(ca_.count(Resource::kNewOrder), orders + 1);
  EXPECT_TRUE(serves_rest());
}

TEST_F(PartialCertificate, RenewsWhatWorks) {
  dead_.clear();
  start();
  pass(10s);
  EXPECT_TRUE(serves("old.example.net"));
  dead_ = {"old.example.net"};
  pass(61 * 24h);
  EXPECT_TRUE(serves("old.example.net")) << "the old one is still good";
  next_try();
  EXPECT_TRUE(serves_rest());
  EXPECT_TRUE(record().left_out.contains("old.example.net"));
  // Its own renewal begins with all names, and ends with the rest.
  const std::string serial = publisher_.serial(0);
  pass(61 * 24h);
  EXPECT_TRUE(serves_rest());
  EXPECT_NE(publisher_.serial(0), serial);
}

TEST_F(PartialCertificate, IsNotOrderedWhenThatIsOff) {
  plan_.certificates[0].partial = false;
  start();
  pass(10s);
  next_try();
  next_try();
  EXPECT_FALSE(serves("example.org"));
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 3U);
}

TEST_F(PartialCertificate, IsNotOrderedWhenNothingIsLeft) {
  dead_ = {"www.example.org", "example.org", "old.example.net"};
  start();
  pass(10s);
  next_try();
  next_try();
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 3U);
  EXPECT_TRUE(record().left_out.empty());
}

TEST_F(PartialCertificate, DoesWithoutAnImpliedNameAtOnce) {
  dead_ = {"www.example.org"};
  plan_.certificates[0].partial = false;
  plan_.certificates[0].implied = identifiers_of({"www.example.org"});
  start();
  pass(20s);
  EXPECT_TRUE(serves("example.org"));
  EXPECT_TRUE(serves("old.example.net"));
  EXPECT_FALSE(serves("www.example.org"));
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 2U);
}

TEST_F(PartialCertificate, LeavesOutWhatTheCaRefuses) {
  dead_.clear();
  ca_.refuse_name("old.example.net");
  start();
  pass(10s);
  next_try();
  EXPECT_TRUE(serves_rest());
}

TEST_F(PartialCertificate, ComesFromTheNextIssuerInFullWhereThatSignsAll) {
  dead_.clear();
  add_backup();
  ca_.refuse_name("old.example.net");
  start();
  pass(10s);
  EXPECT_TRUE(serves("old.example.net"));
  EXPECT_EQ(record().issuer, "backup");
}

}  // namespace
}  // namespace acme
