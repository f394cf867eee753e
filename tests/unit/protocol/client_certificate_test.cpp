// SPDX-License-Identifier: BSD-2-Clause
// Certificates after they were issued.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "acme_core/crypto/csr.h"
#include "tests/support/jose_signature.h"
#include "tests/unit/protocol/client_fixture.h"

namespace acme {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

class ClientCertificateTest : public ClientTest {
 protected:
  // A certificate of this CA; key_ is its key.
  CertificateChain issued() {
    const Order made = ready_order();
    static_cast<void>(client_.finalize(made, make_csr(key_, names_), {}));
    const std::string url =
        client_.fetch_order(made.url, {}).resource.certificate;
    return CertificateChain::from_pem(client_.download_certificate(url, {}).pem)
        .value();
  }

  PrivateKey key_ = PrivateKey::generate(KeyType::kEcdsa384);
};

// --- Revocation (section 7.6).

TEST_F(ClientCertificateTest, IsRevokedByItsAccount) {
  const CertificateChain chain = issued();
  client_.revoke(chain, RevocationReason::kSuperseded, {});
  EXPECT_EQ(wire_.last().header().at("kid"), kAccountUrl);
  EXPECT_EQ(json::parse(wire_.last().payload()),
            (json{{"certificate", base64url_encode(chain.der().front())},
                  {"reason", 4}}));
  const Error again = failure_of(
      [&] { client_.revoke(chain, RevocationReason::kUnspecified, {}); });
  EXPECT_EQ(again.problem_type(), "alreadyRevoked");
}

TEST_F(ClientCertificateTest, IsRevokedByItsOwnKey) {
  const CertificateChain chain = issued();
  Client stranger{wire_, clock_, std::string(ScriptedCa::kDirectoryUrl),
                  PrivateKey::generate(KeyType::kEcdsa256)};
  stranger.revoke_with_key(chain, key_, RevocationReason::kUnspecified, {});
  const json header = wire_.last().header();
  EXPECT_EQ(header.at("jwk"), json::parse(key_.jwk()));
  EXPECT_EQ(header.at("alg"), "ES384");
  EXPECT_FALSE(header.contains("kid"));
  EXPECT_FALSE(json::parse(wire_.last().payload()).contains("reason"));
  const json jws = json::parse(wire_.last().request.body);
  EXPECT_TRUE(is_jose_signature(key_,
                                jws.at("protected").get<std::string>() + "." +
                                    jws.at("payload").get<std::string>(),
                                decoded(jws, "signature")));
}

TEST_F(ClientCertificateTest, IsNotRevokedByNobody) {
  const CertificateChain chain = issued();
  client_.use_account("");
  EXPECT_EQ(failure_of([&] {
              client_.revoke(chain, RevocationReason::kUnspecified, {});
            }).kind(),
            ErrorKind::kPermanent);
  EXPECT_EQ(ca_.count(Resource::kRevoke), 0U);
}

// --- Renewal information (RFC 9773).

TEST_F(ClientCertificateTest, KnowsWhenTheCaSuggestsToRenewIt) {
  ca_.offer_renewal_info();
  ca_.suggest_window(clock_.now() + 1h, clock_.now() + 3h,
                     "https://ca.example/why");
  const CertificateChain chain = issued();
  const auto answer = client_.renewal_info(chain, {});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->resource.start, clock_.now() + 1h);
  EXPECT_EQ(answer->resource.end, clock_.now() + 3h);
  EXPECT_EQ(answer->resource.explanation_url, "https://ca.example/why");
  EXPECT_EQ(answer->retry_at, clock_.now() + 6h);
  const HttpRequest request = wire_.last().request;
  EXPECT_EQ(request.method, HttpRequest::Method::kGet);
  EXPECT_EQ(request.url,
            "https://ca.example/renewal-info/" + chain.renewal_id().value());
  ca_.set_renewal_retry_after("");
  EXPECT_FALSE(client_.renewal_info(chain, {})->retry_at);
}

TEST_F(ClientCertificateTest, AsksWithOneSlashHoweverTheDirectoryEnds) {
  const CertificateChain chain = issued();
  Client other{wire_, clock_, std::string(ScriptedCa::kDirectoryUrl),
               PrivateKey::generate(KeyType::kEcdsa256)};
  ca_.fail_next(Resource::kDirectory,
                ScriptedCa::body(200,
                                 R"({"newNonce":"https://ca.example/nonce",
      "newAccount":"https://ca.example/account",
      "newOrder":"https://ca.example/new-order",
      "renewalInfo":"https://ca.example/renewal-info/"})"));
  ca_.suggest_window(clock_.now(), clock_.now() + 1h);
  EXPECT_TRUE(other.renewal_info(chain, {}));
  EXPECT_EQ(wire_.last().request.url,
            "https://ca.example/renewal-info/" + chain.renewal_id().value());
}

TEST_F(ClientCertificateTest, IsNotAskedAboutWhereNobodyKnows) {
  EXPECT_FALSE(client_.renewal_info(issued(), {}));
  ca_.offer_renewal_info();
  const auto nameless =
      CertificateChain::from_pem(self_signed(names_, key_)).value();
  EXPECT_FALSE(client_.renewal_info(nameless, {}));
  EXPECT_EQ(ca_.count(Resource::kRenewalInfo), 0U);
}

TEST_F(ClientCertificateTest, MayKnowMoreLaterWhenTheAnswerIsNonsense) {
  ca_.offer_renewal_info();
  const CertificateChain chain = issued();
  for (const char* const text :
       {"", "<html/>", "{}",
        R"({"suggestedWindow":{"start":"2026-01-02T00:00:00Z",)"
        R"("end":"2026-01-01T00:00:00Z"}})"}) {
    ca_.fail_next(Resource::kRenewalInfo, ScriptedCa::body(200, text));
    EXPECT_EQ(failure_of([&] {
                static_cast<void>(client_.renewal_info(chain, {}));
              }).kind(),
              ErrorKind::kTransient)
        << text;
  }
  ca_.fail_next(Resource::kRenewalInfo, ScriptedCa::body(500, ""));
  EXPECT_EQ(failure_of([&] {
              static_cast<void>(client_.renewal_info(chain, {}));
            }).kind(),
            ErrorKind::kUnavailable);
}

}  // namespace
}  // namespace acme
