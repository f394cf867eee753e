// SPDX-License-Identifier: BSD-2-Clause
// The state directory: accounts at acme-dns servers.
#include "acme_core/storage/acme_dns_account.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "acme_core/storage/state_file.h"
#include "tests/unit/storage/file_store_fixture.h"

namespace acme {
namespace {

using testing::HasSubstr;
using AcmeDnsAccountTest = FileStoreTest;

constexpr const char* kServer = "https://auth.example.org";

AcmeDnsAccount account(const std::string& subdomain) {
  constexpr std::string_view kPassword = "s3cr3t";
  return {kServer, "user", SecretBytes(kPassword.begin(), kPassword.end()),
          subdomain + ".auth.example.org", subdomain};
}

TEST_F(AcmeDnsAccountTest, KeepsOneForEachDomain) {
  EXPECT_FALSE(store_.load_acme_dns_account("example.com", kServer).value);
  store_.save_acme_dns_account("example.com", account("a"));
  store_.save_acme_dns_account("example.net", account("b"));
  const auto loaded = reader_.load_acme_dns_account("example.com", kServer);
  ASSERT_TRUE(loaded.value);
  EXPECT_EQ(loaded.problem, "");
  EXPECT_EQ(loaded.value->username, "user");
  EXPECT_EQ(to_text(loaded.value->password), "s3cr3t");
  EXPECT_EQ(loaded.value->full_domain, "a.auth.example.org");
  EXPECT_EQ(loaded.value->subdomain, "a");
  EXPECT_EQ(
      reader_.load_acme_dns_account("example.net", kServer).value->subdomain,
      "b");
}

TEST_F(AcmeDnsAccountTest, UsesNoneOfAnotherServer) {
  store_.save_acme_dns_account("example.com", account("a"));
  EXPECT_FALSE(
      store_.load_acme_dns_account("example.com", "https://other.example")
          .value);
}

// The file of lego, or of another client that uses goacmedns.
TEST_F(AcmeDnsAccountTest, TakesOverTheFileOfAnotherClient) {
  put("acme-dns.json",
      R"({"example.com": {"fulldomain": "x.auth.example.org",
          "subdomain": "x", "username": "u", "password": "p"},
          "broken.example": {"fulldomain": 7}, "broken.example.net": null})");
  const auto loaded = store_.load_acme_dns_account("example.com", kServer);
  ASSERT_TRUE(loaded.value);
  EXPECT_EQ(loaded.value->full_domain, "x.auth.example.org");
  EXPECT_FALSE(store_.load_acme_dns_account("broken.example", kServer).value);
}

TEST_F(AcmeDnsAccountTest, SetsATornFileAside) {
  put("acme-dns.json", R"({"example.com": {)");
  EXPECT_THAT(reader_.load_acme_dns_account("example.com", kServer).problem,
              HasSubstr("it is not used"));
  EXPECT_EQ(content("acme-dns.json"), R"({"example.com": {)");
  EXPECT_THAT(store_.load_acme_dns_account("example.com", kServer).problem,
              HasSubstr("acme-dns.json\" is not a JSON object"));
  store_.save_acme_dns_account("example.com", account("a"));
  EXPECT_EQ(content("acme-dns.json.bad"), R"({"example.com": {)");
}

}  // namespace
}  // namespace acme
