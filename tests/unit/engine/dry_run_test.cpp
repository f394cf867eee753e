// SPDX-License-Identifier: BSD-2-Clause
// A dry run: everything but serving.
#include <gtest/gtest.h>

#include "tests/support/test_ca.h"
#include "tests/unit/engine/engine_fixture.h"

namespace acme {
namespace {

class DryRunTest : public EngineTest {
 protected:
  DryRunTest() { plan_.issuers[0].dry_run = {"original", "/var/lib/original"}; }

  // What the issuer has issued that the dry run stands in for.
  StoredCertificate certificate_in_service() {
    PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
    auto chain = CertificateChain::from_pem(
        ca_of_others_.issue(plan_.certificates[0].identifiers, key,
                            clock_.now() - 24h, clock_.now() + 90 * 24h));
    return {std::move(chain).value(), std::move(key)};
  }

  TestCa ca_of_others_;
};

TEST_F(DryRunTest, ObtainsAndStoresButServesNothing) {
  start();
  pass(10s);

  EXPECT_FALSE(publisher_.certificate(0));
  EXPECT_TRUE(FileStore(files_)
                  .load_certificate(plan_.certificates[0].storage_name())
                  .value);
  EXPECT_TRUE(logger_.contains(
      "it is not served: take \"acme_dry_run\" away to have one from issuer "
      "\"original\""));
}

TEST_F(DryRunTest, LeavesWhatIsServedInServiceAndOutOfItsState) {
  const StoredCertificate before = certificate_in_service();
  publisher_.put_certificate(0, before);

  start();
  pass(10s);

  EXPECT_EQ(publisher_.certificate(0)->chain.der(), before.chain.der());
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
  EXPECT_NE(FileStore(files_)
                .load_certificate(plan_.certificates[0].storage_name())
                .value->chain.der(),
            before.chain.der());
}

TEST_F(DryRunTest, IsNotRepeatedAfterARestart) {
  start();
  pass(10s);

  restart();
  pass(24h);

  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
  EXPECT_FALSE(publisher_.certificate(0));
}

}  // namespace
}  // namespace acme
