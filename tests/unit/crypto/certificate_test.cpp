// SPDX-License-Identifier: BSD-2-Clause
// Certificate chains: reading, names, times, links.
#include "acme_core/crypto/certificate.h"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <algorithm>
#include <string>
#include <vector>

#include "acme_core/crypto/csr.h"
#include "tests/support/test_ca.h"

namespace acme {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year;

constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----\n";

class CertificateChainTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::string issue(const std::vector<std::string>& names) {
    return ca_.issue(identifiers_of(names), key_);
  }

  // The leaf alone.
  [[nodiscard]] std::string leaf() {
    const std::string chain = issue({"www.example.org"});
    return chain.substr(0, chain.find(kBegin, 1));
  }

  void TearDown() override {
    EXPECT_EQ(ERR_peek_error(), 0U) << "left in OpenSSL's error queue";
  }

  TestCa ca_;
  PrivateKey key_ = PrivateKey::generate(KeyType::kEcdsa256);
};

TEST_F(CertificateChainTest, ReadsLeafAndIntermediate) {
  const auto chain = CertificateChain::from_pem(issue({"www.example.org"}));
  ASSERT_TRUE(chain);
  EXPECT_EQ(chain->der().size(), 2U);
  EXPECT_EQ(chain->not_before(), kTestNotBefore);
  EXPECT_EQ(chain->not_after(), kTestNotAfter);
  EXPECT_EQ(chain->issuer_name(), "Test Intermediate");
  EXPECT_EQ(chain->serial(), "01");
  EXPECT_TRUE(chain->is_linked());
  EXPECT_TRUE(chain->matches(key_));
}

TEST_F(CertificateChainTest, WritesWhatItRead) {
  const std::string pem = issue({"www.example.org"});
  const auto chain = CertificateChain::from_pem(pem);
  ASSERT_TRUE(chain);
  EXPECT_EQ(chain->to_pem(), pem);
}

TEST_F(CertificateChainTest, ReadsAFileWithoutALastNewline) {
  std::string pem = issue({"www.example.org"});
  pem.pop_back();
  const auto chain = CertificateChain::from_pem(pem);
  ASSERT_TRUE(chain);
  EXPECT_EQ(chain->der().size(), 2U);
}

TEST_F(CertificateChainTest, ReadsFilesFromWindowsAndFilesWithComments) {
  std::string windows;
  for (const char c : issue({"www.example.org"})) {
    windows += c == '\n' ? "\r\n" : std::string(1, c);
  }
  EXPECT_TRUE(CertificateChain::from_pem(windows));

  const std::string commented = "subject=/CN=leaf\n\n" + leaf() + "\n# " +
                                std::string(2000, 'x') + "\n" +
                                ca_.intermediate_pem() + "the end";
  const auto chain = CertificateChain::from_pem(commented);
  ASSERT_TRUE(chain);
  EXPECT_EQ(chain->der().size(), 2U);
}

TEST_F(CertificateChainTest, RefusesWhatHoldsNoCertificate) {
  for (const char* text :
       {"", "\n", "text",
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n"}) {
    EXPECT_FALSE(CertificateChain::from_pem(text)) << text;
  }
}

TEST_F(CertificateChainTest, RefusesAChainWithOneMalformedCertificate) {
  const std::string pem = issue({"www.example.org"});
  EXPECT_FALSE(CertificateChain::from_pem(pem.substr(0, pem.size() - 40)));
  EXPECT_FALSE(CertificateChain::from_pem(
      pem +
      "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n"));
  EXPECT_FALSE(
      CertificateChain::from_pem(pem + "-----BEGIN CERTIFICATE-----\nMAMC"));
}

// A CA that slips in a key would have us use it instead of our own.
TEST_F(CertificateChainTest, RefusesAChainWithAPrivateKeyInIt) {
  const SecretBytes key = key_.to_pem();
  EXPECT_FALSE(CertificateChain::from_pem(issue({"www.example.org"}) +
                                          std::string(key.begin(), key.end())));
}

TEST_F(CertificateChainTest, RefusesAnEncryptedBlock) {
  std::string pem = leaf();
  pem.insert(kBegin.size(), "Proc-Type: 4,ENCRYPTED\nDEK-Info: X,00\n\n");
  EXPECT_FALSE(CertificateChain::from_pem(pem));
}

TEST_F(CertificateChainTest, TakesSixteenCertificatesAndNoMore) {
  std::string pem;
  for (int i = 0; i < 16; ++i) {
    pem += ca_.intermediate_pem();
  }
  EXPECT_TRUE(CertificateChain::from_pem(pem));
  EXPECT_FALSE(CertificateChain::from_pem(pem + ca_.intermediate_pem()));
}

TEST_F(CertificateChainTest, ListsItsNamesSortedAndInLowerCase) {
  const auto chain = CertificateChain::from_pem(
      ca_.issue({{Identifier::Type::kDns, "WWW.Example.org"},
                 {Identifier::Type::kDns, "*.example.org"},
                 {Identifier::Type::kIp, "192.0.2.1"},
                 {Identifier::Type::kIp, "2001:db8::1"},
                 {Identifier::Type::kDns, "www.example.org"}},
                key_));
  ASSERT_TRUE(chain);
  EXPECT_EQ(
      chain->identifiers(),
      (std::vector<Identifier>{{Identifier::Type::kDns, "*.example.org"},
                               {Identifier::Type::kDns, "www.example.org"},
                               {Identifier::Type::kIp, "192.0.2.1"},
                               {Identifier::Type::kIp, "2001:db8::1"}}));
}

TEST_F(CertificateChainTest, CoversOnlyNamesItHasWordForWord) {
  const auto chain = CertificateChain::from_pem(
      issue({"*.example.org", "example.org", "192.0.2.1"}));
  ASSERT_TRUE(chain);
  EXPECT_TRUE(chain->covers({}));
  EXPECT_TRUE(chain->covers(identifiers_of({"192.0.2.1", "example.org"})));
  EXPECT_TRUE(chain->covers(identifiers_of({"*.example.org"})));
  EXPECT_FALSE(chain->covers(identifiers_of({"www.example.org"})));
  EXPECT_FALSE(
      chain->covers(identifiers_of({"example.org", "www.example.com"})));
  EXPECT_FALSE(chain->covers(identifiers_of({"192.0.2.2"})));
}

TEST_F(CertificateChainTest, DoesNotTakeAnAddressWrittenAsANameForOne) {
  const auto chain = CertificateChain::from_pem(
      ca_.issue({{Identifier::Type::kDns, "192.0.2.1"}}, key_));
  ASSERT_TRUE(chain);
  EXPECT_TRUE(chain->identifiers().empty());
}

TEST_F(CertificateChainTest, HasNoNamesWithoutTheExtension) {
  const auto chain = CertificateChain::from_pem(ca_.issue({}, key_));
  ASSERT_TRUE(chain);
  EXPECT_TRUE(chain->identifiers().empty());
  EXPECT_EQ(CertificateChain::from_pem(self_signed({}, key_))->issuer_name(),
            "");
}

TEST_F(CertificateChainTest, MatchesItsOwnKeyOnly) {
  const auto chain = CertificateChain::from_pem(issue({"www.example.org"}));
  ASSERT_TRUE(chain);
  EXPECT_FALSE(chain->matches(PrivateKey::generate(KeyType::kEcdsa256)));
  EXPECT_FALSE(chain->matches(PrivateKey::generate(KeyType::kEcdsa384)));
  EXPECT_FALSE(chain->matches(PrivateKey::generate(KeyType::kRsa2048)));
}

TEST_F(CertificateChainTest, IsLinkedOnlyWhenEachSignedTheOneBefore) {
  const auto linked = [](const std::string& pem) {
    const auto chain = CertificateChain::from_pem(pem);
    return chain && chain->is_linked();
  };
  EXPECT_TRUE(linked(leaf()));
  EXPECT_TRUE(linked(leaf() + ca_.intermediate_pem() + ca_.root_pem()));
  EXPECT_FALSE(linked(leaf() + ca_.root_pem()));
  // Another CA with the same names: only the signature tells.
  EXPECT_FALSE(linked(leaf() + TestCa().intermediate_pem()));
}

TEST_F(CertificateChainTest, KnowsTimesBeyond2038AndUpToTheYear9999) {
  const TimePoint before = sys_days(year(1971) / 2 / 3) + hours(4);
  const TimePoint late =
      sys_days(year(2050) / 1 / 1) + hours(1) + minutes(2) + seconds(3);
  // What RFC 5280 section 4.1.2.5 gives devices without an end.
  const TimePoint last =
      sys_days(year(9999) / 12 / 31) + hours(23) + minutes(59) + seconds(59);
  for (const TimePoint after : {late, last}) {
    const auto chain = CertificateChain::from_pem(
        ca_.issue(identifiers_of({"www.example.org"}), key_, before, after));
    ASSERT_TRUE(chain);
    EXPECT_EQ(chain->not_before(), before);
    EXPECT_EQ(chain->not_after(), after);
  }
}

std::string joined(const std::vector<std::string>& certificates) {
  std::string pem;
  for (const std::string& certificate : certificates) {
    pem += certificate;
  }
  return pem;
}

TEST_F(CertificateChainTest, IsPutInOrder) {
  const std::vector<std::string> good{leaf(), ca_.intermediate_pem(),
                                      ca_.root_pem()};
  std::vector<std::string> shuffled = good;
  std::sort(shuffled.begin(), shuffled.end());
  do {
    const auto chain = CertificateChain::from_pem(joined(shuffled));
    ASSERT_TRUE(chain);
    EXPECT_EQ(chain->to_pem(), joined(good));
    EXPECT_TRUE(chain->is_linked());
    EXPECT_TRUE(chain->matches(key_));
    EXPECT_EQ(chain->issuer_name(), "Test Intermediate");
  } while (std::next_permutation(shuffled.begin(), shuffled.end()));
}

TEST_F(CertificateChainTest, KeepsTheOrderOfWhatIsNoChain) {
  const std::string leaf = this->leaf();
  const std::string& middle = ca_.intermediate_pem();
  const std::string& root = ca_.root_pem();
  const std::string foreign = TestCa().intermediate_pem();
  for (const std::vector<std::string>& certificates :
       std::vector<std::vector<std::string>>{
           {middle, leaf, leaf},
           {root, leaf},
           {middle, ca_.cross_signed_pem(), leaf},
           {foreign, leaf, middle},
           {middle, middle},
           {root, root, leaf}}) {
    const auto chain = CertificateChain::from_pem(joined(certificates));
    ASSERT_TRUE(chain);
    EXPECT_EQ(chain->to_pem(), joined(certificates));
  }
}

TEST_F(CertificateChainTest, KnowsWhoSignedItsTop) {
  const auto top = [](const std::string& pem) {
    return CertificateChain::from_pem(pem).value().top_issuer_name();
  };
  EXPECT_EQ(top(leaf()), "Test Intermediate");
  EXPECT_EQ(top(leaf() + ca_.intermediate_pem()), "Test Root");
  EXPECT_EQ(top(leaf() + ca_.intermediate_pem() + ca_.root_pem()), "Test Root");
  EXPECT_EQ(top(leaf() + ca_.cross_signed_pem()), "Other Root");
  EXPECT_EQ(top(self_signed({}, key_)), "");
}

// The certificate of RFC 9773 appendix A.
constexpr const char* kRfc9773 =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBQzCB66ADAgECAgUAh2VDITAKBggqhkjOPQQDAjAVMRMwEQYDVQQDEwpFeGFt\n"
    "cGxlIENBMCIYDzAwMDEwMTAxMDAwMDAwWhgPMDAwMTAxMDEwMDAwMDBaMBYxFDAS\n"
    "BgNVBAMTC2V4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeBZu\n"
    "7cbpAYNXZLbbh8rNIzuOoqOOtmxA1v7cRm//AwyMwWxyHz4zfwmBhcSrf47NUAFf\n"
    "qzLQ2PPQxdTXREYEnKMjMCEwHwYDVR0jBBgwFoAUaYhba4dGQEHhs3uEe6CuLN4B\n"
    "yNQwCgYIKoZIzj0EAwIDRwAwRAIge09+S5TZAlw5tgtiVvuERV6cT4mfutXIlwTb\n"
    "+FYN/8oCIClDsqBklhB9KAelFiYt9+6FDj3z4KGVelYM5MdsO3pK\n"
    "-----END CERTIFICATE-----\n";

TEST_F(CertificateChainTest, HasTheRenewalIdOfRfc9773) {
  const auto chain = CertificateChain::from_pem(kRfc9773);
  ASSERT_TRUE(chain);
  EXPECT_EQ(chain->serial(), "87654321");
  EXPECT_EQ(chain->renewal_id(), "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE");
}

TEST_F(CertificateChainTest, HasARenewalIdOfItsOwn) {
  const auto first = CertificateChain::from_pem(leaf());
  const auto second = CertificateChain::from_pem(leaf());
  ASSERT_TRUE(first->renewal_id());
  EXPECT_EQ(first->renewal_id()->substr(28), "AQ");  // serial number 1
  EXPECT_EQ(second->renewal_id()->substr(28), "Ag");
  EXPECT_EQ(first->renewal_id()->substr(0, 28),
            second->renewal_id()->substr(0, 28));
}

TEST_F(CertificateChainTest, HasNoRenewalIdWithoutItsAuthoritysKeyId) {
  const auto chain = CertificateChain::from_pem(self_signed({}, key_));
  ASSERT_TRUE(chain);
  EXPECT_FALSE(chain->renewal_id());
}

// openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes
//   -set_serial 0x03a0b1c2d3e4f5061728394a5b6c7d8e9fab -subj '/CN=Größe'
//   -utf8 -days 3650
constexpr const char* kLongSerial =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBeDCCAR2gAwIBAgISA6CxwtPk9QYXKDlKW2x9jp+rMAoGCCqGSM49BAMCMBIx\n"
    "EDAOBgNVBAMMB0dyw7bDn2UwHhcNMjYxMTIzMTQyNjQ4WhcNMzYxMTIwMTQyNjQ4\n"
    "WjASMRAwDgYDVQQDDAdHcsO2w59lMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n"
    "+HkZYPGH3HQ9xB//NrB2Hu5fwONZsUH9scjW208MN5Gs3Zjs6vuIFbI1GK9sFUBg\n"
    "iCZ4FCRu4uVL6ya7frrhnKNTMFEwHQYDVR0OBBYEFOhycCyHk+ifbSr4+QioflFB\n"
    "sRRoMB8GA1UdIwQYMBaAFOhycCyHk+ifbSr4+QioflFBsRRoMA8GA1UdEwEB/wQF\n"
    "MAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAIiYrvIOcZN/1oFjKuXkjVaQan9SWMJP\n"
    "Wf67z68M9SmXAiEA6jvA8Ft6Oes93fmW+GvP4jsDFwd+5Xre7VPBo6B7/q8=\n"
    "-----END CERTIFICATE-----\n";

TEST_F(CertificateChainTest, WritesItsSerialNumberInLowerCaseHexadecimal) {
  const auto chain = CertificateChain::from_pem(kLongSerial);
  ASSERT_TRUE(chain);
  EXPECT_EQ(chain->serial(), "03a0b1c2d3e4f5061728394a5b6c7d8e9fab");
}

TEST_F(CertificateChainTest, ReadsIssuerNamesInUtf8) {
  const auto chain = CertificateChain::from_pem(kLongSerial);
  ASSERT_TRUE(chain);
  EXPECT_EQ(chain->issuer_name(), "Größe");
}

TEST_F(CertificateChainTest, FitsTheRequestItWasIssuedFor) {
  const auto names = identifiers_of({"www.example.org", "2001:db8::1"});
  const auto chain =
      CertificateChain::from_pem(ca_.issue_for_request(make_csr(key_, names)));
  ASSERT_TRUE(chain);
  EXPECT_TRUE(chain->matches(key_));
  EXPECT_TRUE(chain->covers(names));
}

}  // namespace
}  // namespace acme
