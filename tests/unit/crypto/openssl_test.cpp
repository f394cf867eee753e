// SPDX-License-Identifier: BSD-2-Clause
// OpenSSL's error queue: taken, turned into errors, emptied.
#include "acme_core/crypto/openssl.h"

#include <gtest/gtest.h>
#include <openssl/err.h>

namespace acme {
namespace {

TEST(OpensslErrors, AreTakenWithAllTheirTexts) {
  ERR_raise_data(ERR_LIB_PEM, PEM_R_NO_START_LINE, "Expecting: %s", "ROSES");
  ERR_raise(ERR_LIB_EVP, EVP_R_DECODE_ERROR);
  const std::string texts = take_openssl_errors();
  EXPECT_NE(texts.find("no start line"), std::string::npos) << texts;
  EXPECT_NE(texts.find("(Expecting: ROSES), error:"), std::string::npos)
      << texts;
  EXPECT_NE(texts.find("decode error"), std::string::npos) << texts;
  EXPECT_EQ(ERR_peek_error(), 0U);
  EXPECT_EQ(take_openssl_errors(), "");
}

TEST(OpensslErrors, BecomeATransientErrorThatSaysWhatFailed) {
  ERR_raise(ERR_LIB_EVP, EVP_R_DECODE_ERROR);
  const Error error = openssl_error("cannot sign");
  EXPECT_EQ(error.kind(), ErrorKind::kOurs);
  EXPECT_EQ(std::string(error.what()).rfind("cannot sign: error:", 0), 0U);
  EXPECT_EQ(ERR_peek_error(), 0U);
  EXPECT_STREQ(openssl_error("cannot sign").what(),
               "cannot sign: OpenSSL failed");
}

TEST(OpensslErrors, DoNotOutliveAScope) {
  {
    const OpensslErrorScope errors;
    ERR_raise(ERR_LIB_EVP, EVP_R_DECODE_ERROR);
  }
  EXPECT_EQ(ERR_peek_error(), 0U);
}

}  // namespace
}  // namespace acme
