// SPDX-License-Identifier: BSD-2-Clause
// Which names are left out, and when.
#include "acme_core/engine/left_out.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/support/test_ca.h"

namespace acme {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class LeftOut : public testing::Test {
 protected:
  LeftOutDecision fail(const std::vector<std::string>& failed,
                       const std::vector<std::string>& proved = {}) {
    NameVerdicts verdicts(spec_.identifiers);
    for (const std::string& name : proved) {
      verdicts.proved(identifiers_of({name}).front());
    }
    for (const std::string& name : failed) {
      verdicts.failed(identifiers_of({name}).front(), "dead");
    }
    return learn(faults_, spec_, verdicts);
  }

  NameFaults faults_;
  CertificateSpec spec_{.identifiers = identifiers_of(
                            {"www.example.org", "example.org", "old.example"})};
};

TEST_F(LeftOut, IsANameThatFailsTwiceInARow) {
  EXPECT_FALSE(fail({"old.example"}).may_order_rest);
  EXPECT_THAT(faults_.left_out, IsEmpty());
  const LeftOutDecision second = fail({"old.example"});
  EXPECT_TRUE(second.may_order_rest);
  EXPECT_THAT(second.added, ElementsAre("old.example"));
  const LeftOutDecision third = fail({"old.example"});
  EXPECT_TRUE(third.may_order_rest);
  EXPECT_THAT(third.added, IsEmpty());
}

TEST_F(LeftOut, IsNoNameThatWasProvedBetween) {
  EXPECT_FALSE(fail({"old.example"}).may_order_rest);
  EXPECT_FALSE(fail({"example.org"}, {"old.example"}).may_order_rest);
  EXPECT_FALSE(fail({"old.example"}).may_order_rest);
  EXPECT_THAT(faults_.left_out, IsEmpty());
}

TEST_F(LeftOut, WaitsForTheSecondFailureOfEach) {
  EXPECT_FALSE(fail({"old.example"}).may_order_rest);
  const LeftOutDecision second = fail({"old.example", "example.org"});
  EXPECT_FALSE(second.may_order_rest) << "example.org may fail once";
  EXPECT_TRUE(fail({"old.example", "example.org"}).may_order_rest);
  EXPECT_THAT(faults_.left_out_names(),
              ElementsAre("example.org", "old.example"));
}

TEST_F(LeftOut, NeverIsTheLastName) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(
        fail({"www.example.org", "example.org", "old.example"}).may_order_rest);
  }
  EXPECT_THAT(faults_.left_out, IsEmpty());
}

TEST_F(LeftOut, IsNoNameWhereThatIsTurnedOff) {
  spec_.partial = false;
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(fail({"old.example"}).may_order_rest);
  }
  EXPECT_THAT(faults_.left_out, IsEmpty());
}

TEST_F(LeftOut, IsAnImpliedNameAtOnce) {
  spec_.partial = false;
  spec_.implied = identifiers_of({"www.example.org"});
  EXPECT_TRUE(fail({"www.example.org"}).may_order_rest);
  EXPECT_THAT(faults_.left_out_names(), ElementsAre("www.example.org"));
}

TEST_F(LeftOut, ComesBackWhenItIsProvedWhileAnotherFails) {
  static_cast<void>(fail({"old.example", "www.example.org"}));
  static_cast<void>(fail({"old.example", "www.example.org"}));
  const LeftOutDecision change = fail({"old.example"}, {"www.example.org"});
  EXPECT_TRUE(change.may_order_rest);
  EXPECT_THAT(change.removed, ElementsAre("www.example.org"));
  EXPECT_THAT(faults_.left_out_names(), ElementsAre("old.example"));
}

TEST_F(LeftOut, IsNothingWhenNoNameIsAtFault) {
  static_cast<void>(fail({"old.example"}));
  EXPECT_FALSE(fail({}).may_order_rest);
  EXPECT_TRUE(fail({"old.example"}).may_order_rest);
}

class Verdicts : public testing::Test {
 protected:
  std::vector<std::string> at_fault(const Error& error) {
    NameVerdicts verdicts(
        identifiers_of({"www.example.org", "example.org", "*.example.net"}));
    verdicts.read(error);
    std::vector<std::string> names;
    for (const auto& [name, why] : verdicts.at_fault()) {
      names.push_back(name);
    }
    return names;
  }
  static Error caa(const std::string& text) {
    return Error(ErrorKind::kPermanent, text).with_problem_type("caa");
  }
};

TEST_F(Verdicts, AreTheCasSubproblems) {
  EXPECT_THAT(at_fault(caa("no").with_names({"example.org"})),
              ElementsAre("example.org"));
  EXPECT_THAT(at_fault(caa("no").with_names({"example.net"})),
              ElementsAre("*.example.net"));
  EXPECT_THAT(at_fault(caa("no").with_names({"elsewhere.example"})), IsEmpty());
}

TEST_F(Verdicts, AreNamesThatTheTextHasAsWords) {
  EXPECT_THAT(at_fault(caa("CAA record for example.org prevents issuance.")),
              ElementsAre("example.org"));
  EXPECT_THAT(at_fault(caa("Cannot issue for \"www.example.org\": policy")),
              ElementsAre("www.example.org"));
  EXPECT_THAT(at_fault(caa("not for example.org.")),
              ElementsAre("example.org"));
  EXPECT_THAT(at_fault(caa("not for myexample.org or example.org.uk")),
              IsEmpty());
}

TEST_F(Verdicts, AreOfNoNameForWhatIsAboutNone) {
  EXPECT_THAT(at_fault(Error(ErrorKind::kRateLimited, "example.org")
                           .with_problem_type("rateLimited")
                           .with_names({"example.org"})),
              IsEmpty());
  EXPECT_THAT(at_fault(Error(ErrorKind::kUnavailable, "example.org")),
              IsEmpty());
  EXPECT_THAT(at_fault(Error(ErrorKind::kPermanent, "example.org")
                           .with_problem_type("badCSR")),
              IsEmpty());
}

}  // namespace
}  // namespace acme
