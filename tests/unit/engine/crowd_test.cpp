// SPDX-License-Identifier: BSD-2-Clause
// A hundred orders at once, of a CA that fails in every way there is.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <iostream>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/engine/engine_fixture.h"
#include "tests/unit/engine/misbehaviours.h"

namespace acme {
namespace {

constexpr std::size_t kCertificates = 100;

class CrowdAtAMisbehavingCa : public EngineTest {
 protected:
  CrowdAtAMisbehavingCa() {
    plan_.issuers[0].orders_at_once = kCertificates;
    for (std::size_t i = 1; i < kCertificates; ++i) {
      manage("host" + std::to_string(i) + ".example.com");
    }
  }

  // Once each, for each step, in an order of their own; the number of them.
  std::size_t script_everything() {
    std::vector<Misbehaviour> table = misbehaviours();
    for (Misbehaviour& body : malformed_bodies()) {
      table.push_back(std::move(body));
    }
    std::mt19937 shuffling(1);  // NOLINT(*-msc51-cpp): the same in each run
    std::size_t count = 0;
    for (const Step& step : kSteps) {
      std::shuffle(table.begin(), table.end(), shuffling);
      for (const Misbehaviour& misbehaviour : table) {
        ca_.fail_next(step.resource, misbehaviour.fault);
        ++count;
      }
    }
    return count;
  }

  [[nodiscard]] std::size_t missing() const {
    std::size_t count = 0;
    for (std::size_t i = 0; i < kCertificates; ++i) {
      count += publisher_.serial(i).empty() ? 1 : 0;
    }
    return count;
  }
};

TEST_F(CrowdAtAMisbehavingCa, IsIssuedToInTheEndWithBoundedRequests) {
  const std::size_t faults = script_everything();
  start();
  int hours = 0;
  for (; missing() > 0 && hours < 60 * 24; hours += 6) {
    pass(6h);
  }

  EXPECT_EQ(missing(), 0U);
  std::set<std::string> serials;
  for (std::size_t i = 0; i < kCertificates; ++i) {
    serials.insert(publisher_.serial(i));
    EXPECT_TRUE(FileStore(files_)
                    .load_certificate(plan_.certificates[i].storage_name())
                    .value);
  }
  EXPECT_EQ(serials.size(), kCertificates);
  EXPECT_EQ(publisher_.puts(), kCertificates);
  EXPECT_EQ(publisher_.live_challenges(), 0U);
  EXPECT_EQ(files_.list("orders"), std::vector<std::string>());
  // A fault costs one order at most.
  const unsigned orders = ca_.count(Resource::kNewOrder);
  EXPECT_LE(orders, kCertificates + faults);
  unsigned requests = 0;
  for (const Step& step : kSteps) {
    requests += ca_.count(step.resource);
  }
  EXPECT_LE(requests, 8 * (kCertificates + faults));
  std::cout << kCertificates << " orders at once, " << faults
            << " faults injected, all issued within " << hours / 24
            << " days of a fake clock: " << orders << " newOrder requests, "
            << requests << " requests in all, "
            << kCertificates - serials.size() << " certificates lost\n";
}

}  // namespace
}  // namespace acme
