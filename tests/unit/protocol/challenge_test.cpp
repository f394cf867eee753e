// SPDX-License-Identifier: BSD-2-Clause
#include "acme_core/protocol/challenge.h"

#include <gtest/gtest.h>

#include <string>

namespace acme {
namespace {

TEST(KeyAuthorization, IsTheTokenADotAndTheThumbprint) {
  const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  EXPECT_EQ(
      key_authorization("evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA", key),
      "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA." + key.thumbprint());
}

TEST(KeyAuthorization, DependsOnTheAccountKey) {
  const PrivateKey one = PrivateKey::generate(KeyType::kEcdsa256);
  const PrivateKey other = PrivateKey::generate(KeyType::kEcdsa256);
  EXPECT_EQ(key_authorization("token", one), key_authorization("token", one));
  EXPECT_NE(key_authorization("token", one), key_authorization("token", other));
}

// RFC 8555 section 8.1: a SHA-256 of 32 bytes, base64url without padding.
TEST(KeyAuthorization, HasA43CharacterThumbprintForEveryKeyType) {
  for (const KeyType type : {KeyType::kEcdsa256, KeyType::kEcdsa384,
                             KeyType::kEcdsa521, KeyType::kRsa2048}) {
    const std::string text = key_authorization("t", PrivateKey::generate(type));
    EXPECT_EQ(text.size(), 2U + 43U);
    EXPECT_EQ(text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmno"
                                     "pqrstuvwxyz0123456789-_",
                                     2),
              std::string::npos);
  }
}

}  // namespace
}  // namespace acme
