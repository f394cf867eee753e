// SPDX-License-Identifier: BSD-2-Clause
// Secrets on disk: what opens a sealed one, and what does not.
#include "acme_core/crypto/sealing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

namespace acme {
namespace {

SecretBytes bytes(std::string_view text) { return {text.begin(), text.end()}; }

std::string text_of(const SecretBytes& data) {
  return {data.begin(), data.end()};
}

SecretBytes key_of(std::uint8_t fill) {
  return SecretBytes(kSealingKeySize, fill);
}

const SealSubject kSubject{"www.example.com-1.key", "04ab"};

TEST(Sealing, OpensWhatItHasSealed) {
  const SealingKeys keys{{key_of(1)}};
  for (const std::string_view secret : {"", "a", "a private key\n"}) {
    const SecretBytes sealed = seal(keys.keys[0], bytes(secret), kSubject);
    EXPECT_TRUE(is_sealed(sealed));
    EXPECT_TRUE(secret.size() < 2 ||
                text_of(sealed).find(secret) == std::string::npos);
    const auto opened = unseal(keys, sealed, kSubject.name);
    ASSERT_TRUE(opened.value) << opened.fault;
    EXPECT_EQ(text_of(opened.value->secret), secret);
    EXPECT_EQ(opened.value->serial, "04ab");
    EXPECT_TRUE(opened.value->by_first);
  }
}

TEST(Sealing, NeverSealsTheSameWayTwice) {
  std::set<SecretBytes> all;
  for (int i = 0; i < 100; ++i) {
    all.insert(seal(key_of(1), bytes("the same"), kSubject));
  }
  EXPECT_EQ(all.size(), 100U);
}

TEST(Sealing, OpensUnderNoOtherName) {
  const SealingKeys keys{{key_of(1)}};
  const SecretBytes sealed = seal(keys.keys[0], bytes("secret"), kSubject);
  const auto opened = unseal(keys, sealed, "other.example.com-1.key");
  EXPECT_FALSE(opened.value);
  EXPECT_FALSE(opened.needs_key);
}

TEST(Sealing, OpensForNoOtherSerial) {
  const SealingKeys keys{{key_of(1)}};
  std::string sealed = text_of(seal(keys.keys[0], bytes("secret"), kSubject));
  sealed.replace(sealed.find(" 04ab "), 6, " 04ac ");
  EXPECT_FALSE(unseal(keys, bytes(sealed), kSubject.name).value);
}

TEST(Sealing, NoticesDamageAtEveryByte) {
  const SealingKeys keys{{key_of(1)}};
  const SecretBytes sealed = seal(keys.keys[0], bytes("secret"), kSubject);
  for (std::size_t i = 0; i + 1 < sealed.size(); ++i) {
    SecretBytes damaged = sealed;
    damaged[i] ^= 1;
    EXPECT_FALSE(is_sealed(damaged) &&
                 unseal(keys, damaged, kSubject.name).value)
        << i;
    const SecretBytes cut(sealed.begin(),
                          sealed.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(is_sealed(cut) && unseal(keys, cut, kSubject.name).value) << i;
  }
}

TEST(Sealing, OpensWithAnyOfTheKeysAndSaysWhichSealed) {
  const SecretBytes old_key = key_of(1);
  const SecretBytes new_key = key_of(2);
  const SecretBytes sealed = seal(old_key, bytes("secret"), kSubject);
  const auto opened = unseal({{new_key, old_key}, true}, sealed, kSubject.name);
  ASSERT_TRUE(opened.value);
  EXPECT_FALSE(opened.value->by_first);
}

TEST(Sealing, TellsAMissingKeyFromDamage) {
  const SecretBytes sealed = seal(key_of(1), bytes("secret"), kSubject);
  for (const SealingKeys& keys :
       {SealingKeys{}, SealingKeys{{key_of(2)}, true}}) {
    const auto opened = unseal(keys, sealed, kSubject.name);
    EXPECT_FALSE(opened.value);
    EXPECT_TRUE(opened.needs_key);
    EXPECT_NE(opened.fault.find(sealing_key_id(key_of(1))), std::string::npos);
    EXPECT_NE(opened.fault.find("acme_state_key"), std::string::npos);
  }
}

TEST(Sealing, LeavesALaterFormAlone) {
  const SealingKeys keys{{key_of(1)}};
  const auto opened =
      unseal(keys, bytes("ngx-acme-sealed 2 whatever\n"), kSubject.name);
  EXPECT_FALSE(opened.value);
  EXPECT_TRUE(opened.needs_key);
}

TEST(SealingKey, IsReadInEveryFormThatOpensslMakes) {
  SecretBytes key(kSealingKeySize);
  for (std::size_t i = 0; i < key.size(); ++i) {
    key[i] = static_cast<std::uint8_t>(0xf8 + i);
  }
  EXPECT_EQ(parse_sealing_key(key), key);
  EXPECT_EQ(
      parse_sealing_key(bytes(
          "f8f9fafbfcfdfeff000102030405060708090a0b0c0d0e0f1011121314151617"
          "\n")),
      key);
  EXPECT_EQ(parse_sealing_key(
                bytes("+Pn6+/z9/v8AAQIDBAUGBwgJCgsMDQ4PEBESExQVFhc=\n")),
            key);
  EXPECT_EQ(
      parse_sealing_key(bytes("-Pn6-_z9_v8AAQIDBAUGBwgJCgsMDQ4PEBESExQVFhc")),
      key);
}

TEST(SealingKey, IsNeverLessThan256Bits) {
  for (const std::string_view text :
       {"", "\n", "00112233445566778899aabbccddeeff",  // 128 bits, 32 digits
        "00112233445566778899aabbccddeeff\n", "c2hvcnQ=",
        "f8f9fafbfcfdfeff000102030405060708090a0b0c0d0e0f101112131415161"}) {
    EXPECT_FALSE(parse_sealing_key(bytes(text))) << text;
  }
}

}  // namespace
}  // namespace acme
