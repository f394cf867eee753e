// SPDX-License-Identifier: BSD-2-Clause
// Names of a CA in its challenges and its directory
// (draft-ietf-acme-dns-persist section 3).
#include "acme_core/protocol/persist_names.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace acme {
namespace {

using Names = std::vector<std::string>;

Names names_of(const Names& challenge, const Names& directory,
               const Names& caa_identities,
               const std::string& prefix = "https://ca.example/hash/") {
  Directory parsed;
  parsed.issuer_domain_names = directory;
  parsed.caa_identities = caa_identities;
  parsed.account_hash_prefix = prefix;
  Challenge offered;
  offered.issuer_domain_names = challenge;
  return persist_names(parsed, offered);
}

TEST(PersistNames, AreThoseOfTheChallenge) {
  EXPECT_EQ(names_of({"a.example", "b.example"}, {"b.example"}, {}),
            (Names{"a.example", "b.example"}));
  EXPECT_EQ(names_of({}, {}, {}), Names());
}

TEST(PersistNames, HaveAllOfTheDirectory) {
  EXPECT_EQ(names_of({"a.example"}, {"a.example", "b.example"}, {}), Names());
}

TEST(PersistNames, AreAmongTheNamesForCaaRecords) {
  EXPECT_EQ(names_of({"a.example"}, {}, {"b.example", "A.example."}),
            Names{"a.example"});
  EXPECT_EQ(names_of({"a.example", "c.example"}, {}, {"a.example"}), Names());
  EXPECT_EQ(names_of({"a.example"}, {}, {"not a name"}), Names{"a.example"});
}

TEST(PersistNames, AreNotComparedForACaOfTheOlderDraft) {
  EXPECT_EQ(names_of({"a.example"}, {"b.example"}, {"c.example"}, ""),
            Names{"a.example"});
}

}  // namespace
}  // namespace acme
