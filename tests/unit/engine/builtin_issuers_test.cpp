// SPDX-License-Identifier: BSD-2-Clause
#include "acme_core/engine/builtin_issuers.h"

#include <gtest/gtest.h>

namespace acme {
namespace {

TEST(BuiltinIssuers, AreFoundByNameAndByUrl) {
  const BuiltinIssuer* found = find_builtin(kDefaultIssuer);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(find_builtin_url(found->directory_url), found);
  EXPECT_EQ(find_builtin("nobody"), nullptr);
  EXPECT_EQ(find_builtin_url(""), nullptr);
}

TEST(BuiltinIssuers, HaveStagingTwinsThatAreNotThemselvesUnlessForTests) {
  for (const BuiltinIssuer& issuer : kBuiltinIssuers) {
    EXPECT_EQ(issuer.staging_url == issuer.directory_url,
              issuer.name.ends_with("-staging"))
        << issuer.name;
  }
}

TEST(MostIdentifiers, FollowsTheSmallProfilesOfLetsEncrypt) {
  IssuerSpec issuer;
  issuer.directory_url = find_builtin("letsencrypt")->directory_url;
  EXPECT_EQ(most_identifiers(issuer), 100U);
  issuer.profile = "shortlived";
  EXPECT_EQ(most_identifiers(issuer), 25U);
  issuer.profile = "tlsserver";
  EXPECT_EQ(most_identifiers(issuer), 25U);
  issuer.directory_url = "https://ca.example.com/directory";
  EXPECT_EQ(most_identifiers(issuer), 100U);
}

}  // namespace
}  // namespace acme
