// SPDX-License-Identifier: BSD-2-Clause
// Which names a public CA signs at all.
#include "acme_core/engine/public_names.h"

#include <gtest/gtest.h>

#include <string>

namespace acme {
namespace {

std::string why(const std::string& name) {
  const auto identifier = parse_identifier(name);
  return identifier ? why_no_public_ca_signs(*identifier).value_or("")
                    : "no identifier";
}

TEST(PublicNames, AreBelowASuffixOfTheIcannSection) {
  for (const char* name :
       {"example.com", "www.example.co.uk", "*.example.com", "name.github.io",
        "github.io", "www.ck", "a.b.ck", "xn--80ak6aa92e.xn--p1ai",
        "city.kawasaki.jp", "192.175.48.1"}) {
    EXPECT_EQ(why(name), "") << name;
  }
}

TEST(PublicNames, AreInATopLevelDomain) {
  for (const char* name : {"nas.lan", "crm.corp", "router.home", "*.nas.lan",
                           "pc.localdomain", "mail.intern"}) {
    EXPECT_EQ(why(name), "is in no public top-level domain") << name;
  }
}

TEST(PublicNames, AreNoPublicSuffixThemselves) {
  for (const char* name : {"co.uk", "*.co.uk", "foo.ck", "gov.uk"}) {
    EXPECT_EQ(why(name),
              "is a public suffix, under which others have their names")
        << name;
  }
}

TEST(PublicNames, AreNeitherReservedNorPrivate) {
  EXPECT_EQ(why("wiki.internal"), "is reserved");
  EXPECT_EQ(why("intranet"), "has a single label");
  EXPECT_EQ(why("10.0.0.1"), "is a private address");
}

TEST(PublicNames, AreAskedOfCasThatAreKnown) {
  IssuerSpec issuer;
  issuer.directory_url = "https://acme-v02.api.letsencrypt.org/directory";
  EXPECT_TRUE(is_public_ca(issuer));
  issuer.directory_url = "https://dv.acme-v02.test-api.pki.goog/directory";
  EXPECT_TRUE(is_public_ca(issuer));
  issuer.directory_url = "https://ca.example.com/directory";
  EXPECT_FALSE(is_public_ca(issuer));
  issuer.directory_url = "";
  EXPECT_FALSE(is_public_ca(issuer));
}

}  // namespace
}  // namespace acme
