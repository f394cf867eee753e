// SPDX-License-Identifier: BSD-2-Clause
// base64url and tokens, against the vectors of the RFCs.
#include "acme_core/crypto/base64url.h"

#include <gtest/gtest.h>

#include <string>

namespace acme {
namespace {

std::string decode(std::string_view text) {
  const auto data = base64url_decode(text);
  return data ? std::string(data->begin(), data->end()) : "malformed";
}

TEST(Base64url, AgreesWithTheVectorsOfRfc4648WithoutPadding) {
  const std::pair<const char*, const char*> vectors[] = {
      {"", ""},
      {"f", "Zg"},
      {"fo", "Zm8"},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg"},
      {"fooba", "Zm9vYmE"},
      {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(base64url_encode(std::string_view(plain)), encoded);
    EXPECT_EQ(decode(encoded), plain);
  }
}

TEST(Base64url, AgreesWithTheVectorOfRfc7515AppendixC) {
  EXPECT_EQ(base64url_encode(std::string_view("\x03\xec\xff\xe0\xc1")),
            "A-z_4ME");
  EXPECT_EQ(decode("A-z_4ME"), "\x03\xec\xff\xe0\xc1");
}

TEST(Base64url, BringsBackEveryByte) {
  std::string all;
  for (int i = 0; i < 256; ++i) {
    all += static_cast<char>(i);
    EXPECT_EQ(decode(base64url_encode(all)), all);
  }
}

TEST(Base64url, RefusesPaddingForeignCharactersAndImpossibleLengths) {
  for (const char* text : {"Zg==", "Zm8=", "Zm9v\n", "Zm+v", "Zm/v", " Zm9v",
                           "Z", "Zm9vY", "Zm9v\xff", "Zm.v"}) {
    EXPECT_FALSE(base64url_decode(text)) << text;
  }
  EXPECT_FALSE(base64url_decode(std::string_view("Zm\0v", 4)));
}

TEST(Base64url, RefusesBitsBehindTheLastByte) {
  EXPECT_TRUE(base64url_decode("Zg"));
  EXPECT_FALSE(base64url_decode("Zh"));
  EXPECT_TRUE(base64url_decode("Zm8"));
  EXPECT_FALSE(base64url_decode("Zm9"));
}

TEST(IsToken, AcceptsTheAlphabetOnly) {
  EXPECT_TRUE(is_token("evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr_oA"));
  EXPECT_TRUE(is_token("a"));
  EXPECT_TRUE(is_token(std::string(128, 'a')));
  EXPECT_FALSE(is_token(std::string(129, 'a')));
  for (const char* text : {"", "a/b", "../x", "a b", "a=", "a.b", "a%20"}) {
    EXPECT_FALSE(is_token(text)) << text;
  }
}

}  // namespace
}  // namespace acme
