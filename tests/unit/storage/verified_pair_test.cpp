// SPDX-License-Identifier: BSD-2-Clause
// What may be served without being looked at again.
#include "acme_core/storage/verified_pair.h"

#include "tests/unit/storage/file_store_fixture.h"

namespace acme {
namespace {

class VerifiedPairTest : public FileStoreTest {
 protected:
  bool is_verified() { return store_.load_verified(kName).has_value(); }
};

TEST_F(VerifiedPairTest, IsWhatWasSaved) {
  const StoredCertificate saved = make_certificate();
  store_.save_certificate(kName, record_of("ca"), saved);

  const auto pair = store_.load_verified(kName);
  ASSERT_TRUE(pair);
  ASSERT_EQ(pair->chain.size(), saved.chain.der().size());
  for (std::size_t i = 0; i < pair->chain.size(); ++i) {
    EXPECT_TRUE(std::equal(pair->chain[i].begin(), pair->chain[i].end(),
                           saved.chain.der()[i].begin(),
                           saved.chain.der()[i].end()));
  }
  EXPECT_EQ(PrivateKey::from_der(pair->key)->to_pem(), saved.key.to_pem());
  EXPECT_EQ(pair->facts.serial, saved.chain.serial());
}

TEST_F(VerifiedPairTest, StaysVerifiedWhateverElseIsNotedOfIt) {
  store_.save_certificate(kName, record_of("ca"), make_certificate());
  CertificateRecord record = store_.load_record(kName);
  record.next_action = "renew";
  store_.save_record(kName, record);
  EXPECT_TRUE(is_verified());
}

TEST_F(VerifiedPairTest, IsNoLongerWhenAnyByteHasChanged) {
  store_.save_certificate(kName, record_of("ca"), make_certificate());
  for (const char* suffix : {".crt", ".key"}) {
    const std::string path = kName + suffix;
    const std::string good = content(path);
    for (std::size_t at = 0; at < good.size(); at += 97) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ 1);
      put(path, bad);
      EXPECT_FALSE(is_verified()) << path << " at " << at;
    }
    put(path, good.substr(0, good.size() - 1));
    EXPECT_FALSE(is_verified()) << path << " cut";
    put(path, good);
    EXPECT_TRUE(is_verified());
  }
}

TEST_F(VerifiedPairTest, IsNoneWhenAFileIsMissing) {
  for (const char* suffix : {".crt", ".key", ".json"}) {
    store_.save_certificate(kName, record_of("ca"), make_certificate());
    EXPECT_TRUE(is_verified());
    files_.remove(kName + suffix);
    EXPECT_FALSE(is_verified()) << suffix;
  }
}

TEST_F(VerifiedPairTest, IsNotWhatAnotherProgramPutThereUntilSomebodyVouches) {
  const StoredCertificate foreign = make_certificate();
  put(kName + ".crt", "a comment\n" + foreign.chain.to_pem());
  put_key(kName + ".key", foreign.key);
  EXPECT_FALSE(is_verified());

  store_.mark_verified(kName, foreign);
  EXPECT_TRUE(is_verified());
}

TEST_F(VerifiedPairTest, IsNotVouchedForByWhoHasSeenAnother) {
  const StoredCertificate foreign = make_certificate();
  put(kName + ".crt", foreign.chain.to_pem());
  put_key(kName + ".key", foreign.key);
  store_.mark_verified(kName, renew(foreign));
  EXPECT_FALSE(is_verified());
}

TEST_F(VerifiedPairTest, IsNotOneThatHasToBePutInOrderFirst) {
  const StoredCertificate foreign = make_certificate();
  const auto blocks = foreign.chain.der();
  std::string reversed;
  for (auto der = blocks.rbegin(); der != blocks.rend(); ++der) {
    reversed += CertificateChain::from_der({&*der, 1})->to_pem();
  }
  put(kName + ".crt", reversed);
  put_key(kName + ".key", foreign.key);
  const auto loaded = store_.load_certificate(kName);
  ASSERT_TRUE(loaded.value);

  store_.mark_verified(kName, *loaded.value);
  EXPECT_FALSE(is_verified());
}

TEST_F(VerifiedPairTest, WhoseChainWasChangedBehindItsLeafIsSetAside) {
  const StoredCertificate saved = make_certificate();
  store_.save_certificate(kName, record_of("ca"), saved);
  const std::string leaf =
      CertificateChain::from_der({saved.chain.der().data(), 1})->to_pem();
  put(kName + ".crt", leaf);  // the intermediate is lost

  const auto loaded = store_.load_certificate(kName);
  EXPECT_FALSE(loaded.value);
  EXPECT_NE(loaded.problem.find("was changed since it was found good"),
            std::string::npos);
}

TEST_F(VerifiedPairTest, IsGoodInAnotherFormOrWithDamagedMetadata) {
  const StoredCertificate saved = make_certificate();
  store_.save_certificate(kName, record_of("ca"), saved);
  const std::string document = content(kName + ".json");
  for (std::size_t i = 0; i < document.size(); ++i) {
    std::string damaged = document;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    put(kName + ".json", damaged);
    EXPECT_TRUE(store_.load_certificate(kName).value) << damaged;
  }
  put(kName + ".json", document);
  put(kName + ".crt", "a comment\n" + content(kName + ".crt"));
  EXPECT_TRUE(store_.load_certificate(kName).value);
}

TEST_F(VerifiedPairTest, IsVouchedForWithoutWritingTwice) {
  const StoredCertificate saved = make_certificate();
  store_.save_certificate(kName, record_of("ca"), saved);
  const std::string document = content(kName + ".json");
  store_.mark_verified(kName, saved);
  EXPECT_EQ(content(kName + ".json"), document);
  EXPECT_EQ(store_.load_record(kName).issuer, "ca");
}

TEST_F(VerifiedPairTest, IsNotThatOfAMetadataFileThatSomebodyMadeUp) {
  const StoredCertificate saved = make_certificate();
  store_.save_certificate(kName, record_of("ca"), saved);
  put(kName + ".json", R"({"verified_files": 7, "serial": "01"})");
  EXPECT_FALSE(is_verified());
  put(kName + ".json", "{");
  EXPECT_FALSE(is_verified());
}

}  // namespace
}  // namespace acme
