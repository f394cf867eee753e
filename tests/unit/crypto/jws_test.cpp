// SPDX-License-Identifier: BSD-2-Clause
// Signed requests, as the CA takes them apart.
#include "acme_core/crypto/jws.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "acme_core/crypto/base64url.h"
#include "acme_core/crypto/digest.h"
#include "tests/support/jose_signature.h"

namespace acme {
namespace {

using nlohmann::json;

std::string decoded(const json& member) {
  const auto bytes = base64url_decode(member.get<std::string>());
  return bytes ? std::string(bytes->begin(), bytes->end()) : "malformed";
}

json header_of(const std::string& jws) {
  return json::parse(decoded(json::parse(jws).at("protected")));
}

bool is_signed_by(const PrivateKey& key, const json& jws) {
  const auto signature =
      base64url_decode(jws.at("signature").get<std::string>());
  return signature &&
         is_jose_signature(key,
                           jws.at("protected").get<std::string>() + "." +
                               jws.at("payload").get<std::string>(),
                           *signature);
}

TEST(SignJws, MakesTheFlattenedSerializationOfRfc8555) {
  for (const KeyType type : {KeyType::kEcdsa256, KeyType::kEcdsa384,
                             KeyType::kEcdsa521, KeyType::kRsa2048}) {
    const PrivateKey key = PrivateKey::generate(type);
    const json jws = json::parse(
        sign_jws(key, {"nonce", "https://ca.example/new-order", "kid"},
                 R"({"identifiers":[]})"));
    EXPECT_EQ(jws.size(), 3U);
    EXPECT_EQ(decoded(jws.at("payload")), R"({"identifiers":[]})");
    EXPECT_EQ(json::parse(decoded(jws.at("protected"))).at("alg"),
              key.jws_algorithm());
    EXPECT_TRUE(is_signed_by(key, jws)) << to_string(type);
  }
}

TEST(SignJws, NamesTheAccountByItsUrl) {
  const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  EXPECT_EQ(header_of(sign_jws(
                key,
                {"5XJ1L3lEkMG7tR6pA00clA", "https://ca.example/new-order",
                 "https://ca.example/acct/1"},
                "{}")),
            (json{{"alg", "ES256"},
                  {"kid", "https://ca.example/acct/1"},
                  {"nonce", "5XJ1L3lEkMG7tR6pA00clA"},
                  {"url", "https://ca.example/new-order"}}));
}

TEST(SignJws, CarriesThePublicKeyWhenThereIsNoAccountYet) {
  const PrivateKey key = PrivateKey::generate(KeyType::kRsa2048);
  const json header =
      header_of(sign_jws(key, {"n", "https://ca.example/new-acct", ""}, "{}"));
  EXPECT_EQ(header.at("jwk"), json::parse(key.jwk()));
  EXPECT_FALSE(header.contains("kid"));
}

// RFC 8555 section 7.3.5: the inner signature of keyChange.
TEST(SignJws, LeavesAnEmptyNonceOut) {
  const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  EXPECT_EQ(header_of(sign_jws(key, {"", "https://ca.example/key", ""}, "{}")),
            (json{{"alg", "ES256"},
                  {"jwk", json::parse(key.jwk())},
                  {"url", "https://ca.example/key"}}));
}

TEST(SignJws, MakesAPostAsGetOfAnEmptyPayload) {
  const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  const json jws = json::parse(sign_jws(key, {"n", "u", "k"}, ""));
  EXPECT_EQ(jws.at("payload"), "");
  EXPECT_TRUE(is_signed_by(key, jws));
}

TEST(SignJws, LetsNoForeignTextBreakOutOfItsMember) {
  const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  const std::string url = "https://ca.example/\",\"alg\":\"none\"\n\\";
  const json header = header_of(sign_jws(key, {"n\"", url, "k\x01"}, ""));
  EXPECT_EQ(header.at("url"), url);
  EXPECT_EQ(header.at("nonce"), "n\"");
  EXPECT_EQ(header.at("kid"), "k\x01");
  EXPECT_EQ(header.at("alg"), "ES256");
}

TEST(SignJws, SurvivesMalformedUtf8InForeignText) {
  const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  const json header = header_of(sign_jws(key, {"n", "https://\xff", "k"}, ""));
  EXPECT_EQ(header.at("url"), "https://\xef\xbf\xbd");
}

// RFC 8555 section 7.3.4.
TEST(SignExternalAccount, SignsThePublicKeyWithTheMacKey) {
  const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  const SecretBytes mac_key{1, 2, 3, 0, 255};
  const std::string jws = sign_external_account(
      mac_key, "kid-\"1", "https://ca.example/new-acct", key);
  EXPECT_EQ(header_of(jws), (json{{"alg", "HS256"},
                                  {"kid", "kid-\"1"},
                                  {"url", "https://ca.example/new-acct"}}));
  const json parts = json::parse(jws);
  EXPECT_EQ(parts.size(), 3U);
  EXPECT_EQ(decoded(parts.at("payload")), key.jwk());
  EXPECT_EQ(parts.at("signature"),
            base64url_encode(hmac_sha256(
                mac_key, parts.at("protected").get<std::string>() + "." +
                             parts.at("payload").get<std::string>())));
}

}  // namespace
}  // namespace acme
