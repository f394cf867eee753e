// SPDX-License-Identifier: BSD-2-Clause
// Subjects as operators write them.
#include "acme_core/crypto/distinguished_name.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "acme_core/crypto/csr.h"
#include "acme_core/crypto/openssl.h"
#include "acme_core/identifier.h"

namespace acme {
namespace {

TEST(DistinguishedName, HasAttributesInTheOrderWritten) {
  const ParsedName parsed =
      parse_distinguished_name("O=Example\\, Inc., c = US ,ST=K\xc3\xb6ln");
  EXPECT_EQ(parsed.fault, "");
  EXPECT_EQ(parsed.name,
            (DistinguishedName{
                {"O", "Example, Inc."}, {"C", "US"}, {"ST", "K\xc3\xb6ln"}}));
  EXPECT_EQ(parse_distinguished_name("O=A\\2CB\\\\").name,
            (DistinguishedName{{"O", "A,B\\"}}));
}

TEST(DistinguishedName, RefusesNonsense) {
  for (const std::string text :
       {"", "Example", "O", "O=", "O=Example, Inc.", "CN=example.com",
        "O=A,,C=US", "O=A,", "C=USA", "C=U", "C=12", "XY=1", "O=A\\", "O=A\\q",
        "O=A\n", "O=\xff"}) {
    EXPECT_NE(parse_distinguished_name(text).fault, "") << text;
  }
  EXPECT_EQ(parse_distinguished_name("O=" + std::string(64, 'x')).fault, "");
  EXPECT_NE(parse_distinguished_name("O=" + std::string(65, 'x')).fault, "");
}

TEST(DistinguishedName, IsTheSubjectOfTheRequest) {
  const Identifier name{Identifier::Type::kDns, "example.com"};
  const std::vector<std::uint8_t> der =
      make_csr(PrivateKey::generate(KeyType::kEcdsa256), {&name, 1},
               "example.com", false,
               parse_distinguished_name(
                   "O=Example,C=US,street=1 Road,postalCode=1,"
                   "serialNumber=7,businessCategory=Private Organization")
                   .name);
  const unsigned char* position = der.data();
  const X509ReqPtr request(
      d2i_X509_REQ(nullptr, &position, static_cast<long>(der.size())));
  ASSERT_TRUE(request);
  std::string text(256, '\0');
  X509_NAME_oneline(X509_REQ_get_subject_name(request.get()), text.data(),
                    static_cast<int>(text.size()));
  EXPECT_EQ(std::string(text.c_str()),
            "/O=Example/C=US/street=1 Road/postalCode=1/serialNumber=7/"
            "businessCategory=Private Organization/CN=example.com");
}

}  // namespace
}  // namespace acme
