// SPDX-License-Identifier: BSD-2-Clause
// What the scripted CA does on request, where no other test would notice.
#include <gtest/gtest.h>

#include <string>

#include "acme_core/crypto/csr.h"
#include "tests/unit/protocol/client_fixture.h"

namespace acme {
namespace {

class ScriptedCaTest : public ClientTest {
 protected:
  ScriptedCaTest() { client_.new_account({}, {}); }

  Order finished_order() {
    const Order made = order();
    static_cast<void>(client_.finalize(made, make_csr(key_, names_), {}));
    return client_.fetch_order(made.url, {}).resource;
  }

  PrivateKey key_ = PrivateKey::generate(KeyType::kEcdsa256);
};

TEST_F(ScriptedCaTest, HandsAFinishedOrderOutAgain) {
  ca_.start_with_valid_authorizations();
  ca_.issue_at_once();
  const Order finished = finished_order();
  const Order again = order();
  EXPECT_EQ(again.url, finished.url);
  EXPECT_EQ(again.status, Order::Status::kValid);
  EXPECT_EQ(again.certificate, finished.certificate);
  names_ = identifiers_of({"other.example"});
  EXPECT_EQ(order().status, Order::Status::kReady);
}

TEST_F(ScriptedCaTest, HandsAnUnfinishedOrderOutAgain) {
  const Order first = order();
  EXPECT_NE(order().url, first.url);
  ca_.reuse_pending_orders();
  EXPECT_EQ(order().url, order().url);
}

TEST_F(ScriptedCaTest, MakesOrdersWithoutAuthorizations) {
  ca_.no_authorizations();
  const Order made = order();
  EXPECT_TRUE(made.authorizations.empty());
  EXPECT_EQ(made.status, Order::Status::kReady);
  EXPECT_EQ(finished_order().status, Order::Status::kValid);
}

TEST_F(ScriptedCaTest, ChangesTheNames) {
  ca_.change_identifiers();
  EXPECT_EQ(order().identifiers, identifiers_of({"other.example"}));
}

TEST_F(ScriptedCaTest, TakesItsTimeToValidate) {
  ca_.validate_by([](const std::string& token) { return token + ".x"; });
  ca_.stay_validating(2);
  const std::string url = order().authorizations.at(0);
  const auto fetch = [&] {
    return client_.fetch_authorization(url, {}).resource;
  };
  client_.respond(*fetch().find("http-01"), {});
  for (int i = 0; i < 2; ++i) {
    const Authorization authorization = fetch();
    EXPECT_EQ(authorization.status, Authorization::Status::kPending);
    EXPECT_EQ(authorization.find("http-01")->status,
              Challenge::Status::kProcessing);
  }
  EXPECT_EQ(fetch().status, Authorization::Status::kValid);
  EXPECT_EQ(fetch().find("http-01")->status, Challenge::Status::kValid);
}

}  // namespace
}  // namespace acme
