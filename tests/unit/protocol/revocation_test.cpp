// SPDX-License-Identifier: BSD-2-Clause
#include "acme_core/protocol/revocation.h"

#include <gtest/gtest.h>

namespace acme {
namespace {

TEST(RevocationPayload, CarriesTheCertificateInBase64url) {
  EXPECT_EQ(
      revocation_payload({0xfb, 0xff, 0x00}, RevocationReason::kUnspecified),
      R"({"certificate":"-_8A"})");
}

// RFC 5280 section 5.3.1.
TEST(RevocationPayload, CarriesTheReasonsNumber) {
  EXPECT_EQ(revocation_payload({0}, RevocationReason::kKeyCompromise),
            R"({"certificate":"AA","reason":1})");
  EXPECT_EQ(revocation_payload({0}, RevocationReason::kAffiliationChanged),
            R"({"certificate":"AA","reason":3})");
  EXPECT_EQ(revocation_payload({0}, RevocationReason::kSuperseded),
            R"({"certificate":"AA","reason":4})");
  EXPECT_EQ(revocation_payload({0}, RevocationReason::kCessationOfOperation),
            R"({"certificate":"AA","reason":5})");
}

}  // namespace
}  // namespace acme
