// SPDX-License-Identifier: BSD-2-Clause
#include "acme_core/crypto/pem.h"

#include <gtest/gtest.h>

#include <string>

#include "acme_core/crypto/certificate.h"
#include "acme_core/crypto/private_key.h"
#include "tests/support/test_ca.h"

namespace acme {
namespace {

std::optional<std::vector<PemBlock>> blocks_of(const std::string& text) {
  return pem_blocks(
      {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

std::string block(const std::string& body) {
  return "-----BEGIN A THING-----\n" + body + "\n-----END A THING-----\n";
}

TEST(PemBlocks, AreThoseOfAChainInOrder) {
  TestCa ca;
  const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  const std::string pem = ca.issue(identifiers_of({"www.example.org"}), key);
  const auto chain = CertificateChain::from_pem(pem);
  const auto blocks = blocks_of("# text before\n" + pem + "and after");
  ASSERT_TRUE(blocks);
  ASSERT_EQ(blocks->size(), chain->der().size());
  for (std::size_t i = 0; i < blocks->size(); ++i) {
    EXPECT_TRUE(std::equal((*blocks)[i].der.begin(), (*blocks)[i].der.end(),
                           chain->der()[i].begin(), chain->der()[i].end()));
  }
}

TEST(PemBlocks, AreReadWhateverTheyHold) {
  const auto blocks = blocks_of(block("AAEC"));
  ASSERT_TRUE(blocks);
  ASSERT_EQ(blocks->size(), 1U);
  EXPECT_EQ(blocks->front().label, "A THING");
  EXPECT_EQ(blocks->front().der, SecretBytes({0, 1, 2}));
}

TEST(PemBlocks, AreNoneInTextWithoutAny) {
  EXPECT_EQ(blocks_of("")->size(), 0U);
  EXPECT_EQ(blocks_of("just text")->size(), 0U);
}

TEST(PemBlocks, AreRefusedWhenMalformedOrEncrypted) {
  EXPECT_FALSE(blocks_of("-----BEGIN A THING-----\nAAEC\n"));
  EXPECT_FALSE(blocks_of(block("!!!!")));
  EXPECT_FALSE(blocks_of(block("AAEC").replace(
      24, 0, "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n")));
}

TEST(PemBlocks, AreBoundedInNumber) {
  std::string many;
  for (int i = 0; i < 16; ++i) {
    many += block("AAEC");
  }
  EXPECT_EQ(blocks_of(many)->size(), 16U);
  EXPECT_FALSE(blocks_of(many + block("AAEC")));
}

}  // namespace
}  // namespace acme
