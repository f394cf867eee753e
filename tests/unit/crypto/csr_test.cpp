// SPDX-License-Identifier: BSD-2-Clause
// Certificate requests, as OpenSSL reads them.
#include "acme_core/crypto/csr.h"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <array>
#include <string>

#include "acme_core/crypto/subject_names.h"
#include "tests/support/test_ca.h"

namespace acme {
namespace {

X509ReqPtr parse(const std::vector<std::uint8_t>& der) {
  const unsigned char* position = der.data();
  X509ReqPtr request(
      d2i_X509_REQ(nullptr, &position, static_cast<long>(der.size())));
  EXPECT_EQ(position, der.data() + der.size());
  return request;
}

// As `openssl req -noout -ext subjectAltName` prints them.
std::string alternative_names(X509_REQ& request) {
  const X509ExtensionsPtr extensions(X509_REQ_get_extensions(&request));
  if (!extensions || sk_X509_EXTENSION_num(extensions.get()) != 1) {
    return "not exactly one extension";
  }
  const BioPtr bio(BIO_new(BIO_s_mem()));
  X509V3_EXT_print(bio.get(), sk_X509_EXTENSION_value(extensions.get(), 0), 0,
                   0);
  char* text = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(length)};
}

TEST(MakeCsr, HasItsKeyAndIsSignedByItForEveryKeyType) {
  for (const KeyType type :
       {KeyType::kEcdsa256, KeyType::kEcdsa384, KeyType::kEcdsa521,
        KeyType::kRsa2048, KeyType::kRsa3072, KeyType::kRsa4096}) {
    const PrivateKey key = PrivateKey::generate(type);
    const auto request =
        parse(make_csr(key, identifiers_of({"www.example.org"})));
    ASSERT_TRUE(request);
    EXPECT_EQ(X509_REQ_verify(request.get(), key.get()), 1) << to_string(type);
    EXPECT_EQ(EVP_PKEY_eq(X509_REQ_get0_pubkey(request.get()), key.get()), 1)
        << to_string(type);
    EXPECT_EQ(X509_REQ_get_version(request.get()), X509_REQ_VERSION_1);
  }
}

TEST(MakeCsr, HasAnEmptySubject) {
  const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  const auto request =
      parse(make_csr(key, identifiers_of({"www.example.org"})));
  ASSERT_TRUE(request);
  EXPECT_EQ(X509_NAME_entry_count(X509_REQ_get_subject_name(request.get())), 0);
}

TEST(MakeCsr, HasTheCommonNameThatItIsGiven) {
  const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  const auto request = parse(
      make_csr(key, identifiers_of({"www.example.org"}), "www.example.org"));
  ASSERT_TRUE(request);
  const X509_NAME* subject = X509_REQ_get_subject_name(request.get());
  std::array<char, 256> name{};
  EXPECT_EQ(X509_NAME_entry_count(subject), 1);
  X509_NAME_oneline(subject, name.data(), static_cast<int>(name.size()));
  EXPECT_STREQ(name.data(), "/CN=www.example.org");
}

TEST(CommonNameFor, IsTheFirstDnsNameOrElseTheFirstAddress) {
  const Identifier address{Identifier::Type::kIp, "192.0.2.1"};
  const Identifier name{Identifier::Type::kDns, "www.example.org"};
  EXPECT_EQ(common_name_for(std::vector{address, name}), "www.example.org");
  EXPECT_EQ(common_name_for(std::vector{address}), "192.0.2.1");
  EXPECT_EQ(common_name_for({}), "");
}

TEST(CommonNameFor, LeavesOutWhatASubjectHasNoRoomFor) {
  const std::string long_name = std::string(60, 'a') + ".example.org";
  EXPECT_EQ(common_name_for(identifiers_of({long_name})), "");
}

TEST(MakeCsr, NamesEveryIdentifierInItsPlace) {
  const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  const auto request = parse(make_csr(
      key, identifiers_of({"www.example.org", "*.example.org", "192.0.2.1",
                           "2001:db8::1", "a_b.example.org"})));
  ASSERT_TRUE(request);
  EXPECT_EQ(alternative_names(*request),
            "DNS:www.example.org, DNS:*.example.org, IP Address:192.0.2.1, "
            "IP Address:2001:DB8:0:0:0:0:0:1, DNS:a_b.example.org");
}

// RFC 7633: DER of a sequence of the number 5.
TEST(MakeCsr, AsksForACertificateThatMustBeStapledWhenToldTo) {
  const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  for (const bool must_staple : {false, true}) {
    const auto request = parse(
        make_csr(key, identifiers_of({"www.example.org"}), {}, must_staple));
    ASSERT_TRUE(request);
    EXPECT_EQ(X509_REQ_verify(request.get(), key.get()), 1);
    const X509ExtensionsPtr extensions(X509_REQ_get_extensions(request.get()));
    ASSERT_TRUE(extensions);
    const int found =
        X509v3_get_ext_by_NID(extensions.get(), NID_tlsfeature, -1);
    if (!must_staple) {
      EXPECT_EQ(found, -1);
      continue;
    }
    ASSERT_GE(found, 0);
    auto* feature = X509v3_get_ext(extensions.get(), found);
    const ASN1_OCTET_STRING* value = X509_EXTENSION_get_data(feature);
    const std::string der(
        reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
        static_cast<std::size_t>(ASN1_STRING_length(value)));
    EXPECT_EQ(der, "\x30\x03\x02\x01\x05");
    EXPECT_EQ(X509_EXTENSION_get_critical(feature), 0);
    EXPECT_EQ(X509v3_get_ext_count(extensions.get()), 2);
  }
}

TEST(MakeCsr, HoldsAHundredNames) {
  const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  std::vector<std::string> names;
  for (int i = 0; i < 100; ++i) {
    names.push_back("host" + std::to_string(i) + ".example.org");
  }
  TestCa ca;
  EXPECT_NE(ca.issue_for_request(make_csr(key, identifiers_of(names))), "");
}

TEST(MakeCsr, RefusesAnIdentifierThatIsNoAddress) {
  const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  const Identifier identifiers[] = {{Identifier::Type::kIp, "1.2.3"}};
  try {
    static_cast<void>(make_csr(key, identifiers));
    FAIL() << "made a request";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kConfiguration);
  }
  EXPECT_EQ(ERR_peek_error(), 0U);
}

}  // namespace
}  // namespace acme
