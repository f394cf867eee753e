// SPDX-License-Identifier: BSD-2-Clause
// Private keys as JSON Web Keys.
#include "acme_core/crypto/jwk.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace acme {
namespace {

// RFC 7517 appendix A.2, the first key.
constexpr char kEcKey[] = R"({"kty":"EC", "crv":"P-256",
  "x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
  "y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
  "d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE",
  "use":"enc", "kid":"1"})";

TEST(Jwk, OfTheRfcIsRead) {
  const auto key = private_key_from_jwk(kEcKey);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->type(), KeyType::kEcdsa256);
  EXPECT_EQ(key->jwk(),
            R"({"crv":"P-256","kty":"EC",)"
            R"("x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",)"
            R"("y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"})");
}

TEST(Jwk, WhosePartsDoNotBelongTogetherIsRefused) {
  auto jwk = nlohmann::json::parse(kEcKey);
  jwk["d"] = "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAA";
  EXPECT_FALSE(private_key_from_jwk(jwk.dump()));
}

TEST(Jwk, WithoutAPartIsRefused) {
  for (const char* part : {"kty", "crv", "x", "y", "d"}) {
    auto jwk = nlohmann::json::parse(kEcKey);
    jwk.erase(part);
    EXPECT_FALSE(private_key_from_jwk(jwk.dump())) << part;
    jwk[part] = 1;
    EXPECT_FALSE(private_key_from_jwk(jwk.dump())) << part;
    jwk[part] = "";
    EXPECT_FALSE(private_key_from_jwk(jwk.dump())) << part;
  }
}

TEST(Jwk, OfWhatIsNoKeyIsRefused) {
  EXPECT_FALSE(private_key_from_jwk(""));
  EXPECT_FALSE(private_key_from_jwk("[]"));
  EXPECT_FALSE(private_key_from_jwk(R"({"kty":"oct","k":"AAAA"})"));
  EXPECT_FALSE(private_key_from_jwk(R"({"kty":"RSA","n":"AQAB","e":"AQAB",
    "d":"AQAB","p":"AQAB","q":"AQAB","dp":"AQAB","dq":"AQAB","qi":"AQAB"})"));
}

}  // namespace
}  // namespace acme
