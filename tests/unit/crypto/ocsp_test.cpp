// SPDX-License-Identifier: BSD-2-Clause
// Status responses of a responder that says anything.
#include "acme_core/crypto/ocsp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>

#include <string>

#include "tests/support/test_ca.h"
#include "tests/support/test_ocsp.h"

namespace acme {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr TimePoint kNow = kTestNotBefore + hours(1);

class Ocsp : public testing::Test {
 protected:
  Ocsp() {
    ca_.set_responder("http://ocsp.example/x");
    pem_ = ca_.issue(identifiers_of({"www.example.org"}), key_);
  }
  ~Ocsp() override {
    EXPECT_EQ(ERR_peek_error(), 0UL) << "errors are left in OpenSSL's queue";
  }

  [[nodiscard]] OcspQuestion question() const {
    return OcspQuestion::about(CertificateChain::from_pem(pem_).value())
        .value();
  }
  [[nodiscard]] std::vector<std::uint8_t> response(
      const TestStatus& status = {}) const {
    return make_status(pem_, status, ca_.intermediate_pem(),
                       ca_.intermediate_key());
  }

  TestCa ca_;
  PrivateKey key_ = PrivateKey::generate(KeyType::kEcdsa256);
  std::string pem_;
};

TEST_F(Ocsp, TheCertificateSaysWhoIsAsked) {
  EXPECT_EQ(question().responder(), "http://ocsp.example/x");
  ca_.set_responder("");
  pem_ = ca_.issue(identifiers_of({"www.example.org"}), key_);
  EXPECT_EQ(question().responder(), "");
}

TEST_F(Ocsp, TheQuestionIsAboutTheLeafAndHasNoNonce) {
  const auto bytes = question().request();
  const unsigned char* position = bytes.data();
  OCSP_REQUEST* request =
      d2i_OCSP_REQUEST(nullptr, &position, static_cast<long>(bytes.size()));
  ASSERT_NE(request, nullptr);
  EXPECT_EQ(OCSP_request_onereq_count(request), 1);
  EXPECT_EQ(OCSP_REQUEST_get_ext_count(request), 0);
  OCSP_REQUEST_free(request);
}

TEST_F(Ocsp, AGoodCertificateIsGoodUntilTheNextUpdate) {
  const auto reading = question().read(response(), kNow);
  ASSERT_TRUE(reading.answer) << reading.problem;
  EXPECT_EQ(reading.answer->status, OcspStatus::kGood);
  EXPECT_EQ(reading.answer->this_update, kTestNotBefore);
  EXPECT_EQ(reading.answer->next_update, kTestNotBefore + days(4));
}

TEST_F(Ocsp, ARevokedOneSaysWhenAndWhy) {
  const auto reading =
      question().read(response({.status = V_OCSP_CERTSTATUS_REVOKED,
                                .reason = OCSP_REVOKED_STATUS_KEYCOMPROMISE}),
                      kNow);
  ASSERT_TRUE(reading.answer) << reading.problem;
  EXPECT_EQ(reading.answer->status, OcspStatus::kRevoked);
  EXPECT_EQ(reading.answer->revoked_why, "keyCompromise");
  EXPECT_EQ(reading.answer->revoked_at, kTestNotBefore);
}

TEST_F(Ocsp, AnUnknownOneIsAnAnswerToo) {
  const auto reading =
      question().read(response({.status = V_OCSP_CERTSTATUS_UNKNOWN}), kNow);
  ASSERT_TRUE(reading.answer) << reading.problem;
  EXPECT_EQ(reading.answer->status, OcspStatus::kUnknown);
}

TEST_F(Ocsp, TheIssuerMayLetAnotherSign) {
  const PrivateKey signer = PrivateKey::generate(KeyType::kEcdsa256);
  const auto bytes = make_status(pem_, {}, ca_.make_responder(signer), signer);
  EXPECT_TRUE(question().read(bytes, kNow).answer);
}

TEST_F(Ocsp, AnotherCertificateOfTheIssuerMayNotSign) {
  const PrivateKey signer = PrivateKey::generate(KeyType::kEcdsa256);
  const auto bytes = make_status(
      pem_, {}, ca_.make_responder(signer, /*may_sign=*/false), signer);
  const auto reading = question().read(bytes, kNow);
  EXPECT_FALSE(reading.answer);
  EXPECT_THAT(reading.problem, HasSubstr("not signed for"));
}

TEST_F(Ocsp, AnotherCasSignatureIsNone) {
  const TestCa other;
  const auto bytes =
      make_status(pem_, {}, other.intermediate_pem(), other.intermediate_key());
  EXPECT_THAT(question().read(bytes, kNow).problem,
              HasSubstr("not signed for"));
}

TEST_F(Ocsp, AnAnswerAboutAnotherCertificateIsNone) {
  const auto bytes =
      make_status(ca_.issue(identifiers_of({"www.example.org"}), key_), {},
                  ca_.intermediate_pem(), ca_.intermediate_key());
  EXPECT_EQ(question().read(bytes, kNow).problem,
            "it is not about this certificate");
}

TEST_F(Ocsp, ItsTimeHasToHaveCome) {
  const auto bytes = response();
  EXPECT_TRUE(question().read(bytes, kTestNotBefore - minutes(4)).answer);
  EXPECT_THAT(question().read(bytes, kTestNotBefore - minutes(6)).problem,
              HasSubstr("begins in the future"));
  EXPECT_TRUE(
      question()
          .read(bytes, kTestNotBefore + days(4) - std::chrono::seconds(1))
          .answer);
  EXPECT_THAT(question().read(bytes, kTestNotBefore + days(4)).problem,
              HasSubstr("it ended 2026-01-05T00:00:00Z"));
}

TEST_F(Ocsp, WithoutANextUpdateItIsGoodForADay) {
  const auto reading =
      question().read(response({.next_update = std::nullopt}), kNow);
  ASSERT_TRUE(reading.answer) << reading.problem;
  EXPECT_EQ(reading.answer->next_update, kTestNotBefore + days(1));
}

TEST_F(Ocsp, WhatTheResponderRefusesIsSaidInItsWords) {
  OCSP_RESPONSE* refusal =
      OCSP_response_create(OCSP_RESPONSE_STATUS_UNAUTHORIZED, nullptr);
  unsigned char* bytes = nullptr;
  const int size = i2d_OCSP_RESPONSE(refusal, &bytes);
  ASSERT_GT(size, 0);
  const std::vector<std::uint8_t> response(bytes, bytes + size);
  OPENSSL_free(bytes);
  OCSP_RESPONSE_free(refusal);
  EXPECT_EQ(question().read(response, kNow).problem,
            "the responder says \"unauthorized\"");
}

TEST_F(Ocsp, AnythingElseIsNoResponse) {
  const auto whole = response();
  EXPECT_FALSE(question().read({}, kNow).answer);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(question().read(std::span(whole).first(size), kNow).answer)
        << size;
  }
  auto longer = whole;
  longer.push_back(0);
  EXPECT_FALSE(question().read(longer, kNow).answer);
  EXPECT_FALSE(
      question()
          .read(std::vector<std::uint8_t>(kLargestOcspResponse + 1), kNow)
          .answer);
}

TEST_F(Ocsp, AChangedByteIsNeverAnotherAnswer) {
  const auto whole = response();
  for (std::size_t i = 0; i < whole.size(); i += 7) {
    auto changed = whole;
    changed[i] ^= 0x10;
    const auto reading = question().read(changed, kNow);
    EXPECT_TRUE(!reading.answer || reading.answer->status == OcspStatus::kGood)
        << i;
  }
}

TEST_F(Ocsp, TheIssuerMayComeFromElsewhere) {
  const std::string leaf =
      pem_.substr(0, pem_.find("-----END CERTIFICATE-----\n") + 26);
  const auto chain = CertificateChain::from_pem(leaf).value();
  EXPECT_FALSE(OcspQuestion::about(chain));
  EXPECT_FALSE(OcspQuestion::about(chain, ca_.root_pem()));
  const auto found =
      OcspQuestion::about(chain, ca_.root_pem() + ca_.intermediate_pem());
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->read(response(), kNow).answer);
}

TEST_F(Ocsp, AResponseTellsTheSerialsThatItIsAbout) {
  const auto chain = CertificateChain::from_pem(pem_).value();
  EXPECT_THAT(ocsp_serials(response()).value(), ElementsAre(chain.serial()));
  EXPECT_FALSE(ocsp_serials(std::vector<std::uint8_t>{0x30, 0x00}));
}

}  // namespace
}  // namespace acme
