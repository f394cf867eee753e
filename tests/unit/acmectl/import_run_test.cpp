// SPDX-License-Identifier: BSD-2-Clause
// What an import takes, what it leaves, and what it says of each.
#include "acmectl/import/import_run.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "acmectl/import/import_json.h"
#include "tests/unit/acmectl/foreign_site.h"

namespace acmectl {
namespace {

using acme::KeyType;
using acme::PrivateKey;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Kind = ImportLine::Kind;

void write_dehydrated(const ForeignSite& site, const std::string& name,
                      const SitePair& pair) {
  site.write("certs/" + name + "/fullchain.pem", pair.chain);
  site.write("certs/" + name + "/privkey.pem", pair.key);
}

void write_account(const ForeignSite& site, const PrivateKey& key,
                   const std::string& url) {
  site.write("account.key", text_of(key.to_pem()));
  site.write("account.url", url + "\n");
}

MATCHER_P3(Line, kind, what, text, "") {
  *result_listener << to_string(arg.kind) << " " << arg.what << ": "
                   << arg.text;
  return arg.kind == kind && arg.what == what &&
         arg.text.find(text) != std::string::npos;
}

TEST(Import, SaysTheSecondTimeThatAllIsThere) {
  ForeignSite site;
  write_dehydrated(site, "a.example", site.issue({"a.example"}));
  write_dehydrated(site, "b.example", site.issue({"b.example"}));

  EXPECT_THAT(site.import(find_dehydrated),
              ElementsAre(Line(Kind::kTaken, "a.example", "until 2026-04-01"),
                          Line(Kind::kTaken, "b.example", "until 2026-04-01")));
  EXPECT_THAT(site.import(find_dehydrated),
              ElementsAre(Line(Kind::kThere, "a.example", "already"),
                          Line(Kind::kThere, "b.example", "already")));
  EXPECT_EQ(site.report.there, 2U);
}

TEST(Import, WritesNothingInADryRun) {
  ForeignSite site;
  write_dehydrated(site, "a.example", site.issue({"a.example"}));

  const auto lines = site.import(find_dehydrated, /*dry_run=*/true);

  EXPECT_THAT(lines, ElementsAre(Line(Kind::kTaken, "a.example", "")));
  EXPECT_TRUE(std::filesystem::is_empty(site.state()));
}

TEST(Import, GoesOnBehindWhatIsOfNoUse) {
  ForeignSite site;
  const SitePair good = site.issue({"z.example"});
  SitePair mixed = site.issue({"mixed.example"});
  mixed.key = good.key;
  SitePair locked = site.issue({"locked.example"});
  locked.key =
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n"
      "-----END ENCRYPTED PRIVATE KEY-----\n";
  SitePair torn = site.issue({"torn.example"});
  torn.chain.resize(torn.chain.size() / 4);
  write_dehydrated(site, "mixed.example", mixed);
  write_dehydrated(site, "locked.example", locked);
  write_dehydrated(site, "torn.example", torn);
  write_dehydrated(site, "over.example",
                   site.issue({"over.example"}, KeyType::kEcdsa256,
                              acme::kTestNotBefore + std::chrono::days(29)));
  site.write("certs/bare.example/cert.csr", "not yet issued");
  site.link("certs/away.example/fullchain.pem", "/etc/hostname");
  write_dehydrated(site, "z.example", good);

  const auto lines = site.import(find_dehydrated);

  EXPECT_THAT(
      lines, ElementsAre(
                 Line(Kind::kFailed, "away.example", "leads out of the folder"),
                 Line(Kind::kFailed, "bare.example", "fullchain.pem\" is miss"),
                 Line(Kind::kFailed, "locked.example", "is encrypted"),
                 Line(Kind::kFailed, "mixed.example", "is not the key of"),
                 Line(Kind::kLeft, "over.example", "has expired on 2026-01-30"),
                 Line(Kind::kFailed, "torn.example", "no certificate chain"),
                 Line(Kind::kTaken, "z.example", "")));
  EXPECT_THAT(site.stored(), ElementsAre(name_of({"z.example"})));
}

TEST(Import, LeavesWhatNoCaHasIssued) {
  ForeignSite site;
  const auto key = PrivateKey::generate(KeyType::kEcdsa256);
  write_dehydrated(site, "a.example",
                   {acme::self_signed(acme::identifiers_of({"a.example"}), key),
                    text_of(key.to_pem())});

  EXPECT_THAT(site.import(find_dehydrated),
              ElementsAre(Line(Kind::kLeft, "a.example", "by itself")));
}

TEST(Import, TakesNoFileOfAThirdUser) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "only root can give files away";
  }
  ForeignSite site;
  write_dehydrated(site, "a.example", site.issue({"a.example"}));
  ASSERT_EQ(
      chown((site.client() / "certs/a.example/privkey.pem").c_str(), 12345, 0),
      0);

  EXPECT_THAT(site.import(find_dehydrated),
              ElementsAre(Line(Kind::kFailed, "a.example",
                               "belongs to \"12345\", who is neither")));
}

TEST(Import, GivesWhatItWritesToTheOwnerOfTheStateDirectory) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "only root can be somebody else";
  }
  ForeignSite site;
  write_dehydrated(site, "a.example", site.issue({"a.example"}));
  constexpr uid_t kNobody = 65534;
  ASSERT_EQ(chown(site.state().c_str(), kNobody, kNobody), 0);
  // The test's own directory is root's alone.
  std::filesystem::permissions(site.state().parent_path(),
                               std::filesystem::perms(0711));

  EXPECT_THAT(site.import(find_dehydrated),
              ElementsAre(Line(Kind::kTaken, "a.example", "")));

  EXPECT_EQ(geteuid(), 0U);
  for (const auto& entry : std::filesystem::directory_iterator(site.state())) {
    struct stat status {};
    ASSERT_EQ(stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_uid, kNobody) << entry.path();
    EXPECT_EQ(status.st_mode & 07777U, 0600U) << entry.path();
  }
}

TEST(Import, TakesTheOneOfTwoThatIsValidLonger) {
  ForeignSite site;
  write_dehydrated(site, "a.example", site.issue({"a.example"}));
  write_dehydrated(site, "a.example-0001",
                   site.issue({"a.example"}, KeyType::kEcdsa256,
                              acme::kTestNotAfter + std::chrono::days(5)));

  EXPECT_THAT(
      site.import(find_dehydrated),
      ElementsAre(Line(Kind::kLeft, "a.example", "\"a.example-0001\", which"),
                  Line(Kind::kTaken, "a.example-0001", "2026-04-06")));
}

TEST(Import, ReplacesOnlyWhatEndsSooner) {
  ForeignSite site;
  write_dehydrated(site, "a.example", site.issue({"a.example"}));
  static_cast<void>(site.import(find_dehydrated));
  write_dehydrated(site, "a.example",
                   site.issue({"a.example"}, KeyType::kEcdsa256,
                              acme::kTestNotAfter - std::chrono::days(5)));
  EXPECT_THAT(site.import(find_dehydrated),
              ElementsAre(Line(Kind::kLeft, "a.example",
                               "has one that is valid until 2026-04-01")));

  write_dehydrated(site, "a.example",
                   site.issue({"a.example"}, KeyType::kEcdsa256,
                              acme::kTestNotAfter + std::chrono::days(5)));
  EXPECT_THAT(site.import(find_dehydrated),
              ElementsAre(Line(Kind::kTaken, "a.example", "2026-04-06")));
}

TEST(Import, LeavesToARunningNginxWhatItWorksFor) {
  ForeignSite site;
  write_dehydrated(site, "a.example", site.issue({"a.example"}));
  write_dehydrated(site, "b.example", site.issue({"b.example"}));
  auto nginx = site.store();
  const auto lease = nginx.try_lease(acme::kStateLease);
  nginx.save_holder({name_of({"a.example"})});

  EXPECT_THAT(site.import(find_dehydrated),
              ElementsAre(Line(Kind::kLeft, "a.example", "nginx is at work"),
                          Line(Kind::kTaken, "b.example", "")));
}

TEST(Import, NotesWhichOtherCaHasIssuedAPair) {
  ForeignSite site;
  const SitePair pair = site.issue({"a.example"});
  site.write("live/a.example/fullchain.pem", pair.chain);
  site.write("live/a.example/privkey.pem", pair.key);
  site.write("renewal/a.example.conf",
             "server = https://acme-v02.api.letsencrypt.org/directory\n");

  EXPECT_THAT(site.import(find_certbot),
              ElementsAre(Line(Kind::kTaken, "a.example",
                               "another CA's, and served until there is")));
  const auto record = site.store().load_record(name_of({"a.example"}));
  EXPECT_EQ(record.issuer, "letsencrypt");
  EXPECT_EQ(record.ordered_with.at("directory"),
            "https://acme-v02.api.letsencrypt.org/directory");
}

TEST(Import, StopsBetweenTwoPairs) {
  ForeignSite site;
  write_dehydrated(site, "a.example", site.issue({"a.example"}));
  site.stop.request_stop();

  EXPECT_THAT(site.import(find_dehydrated), IsEmpty());
  EXPECT_TRUE(site.report.was_stopped);
  EXPECT_THAT(site.stored(), IsEmpty());
}

TEST(ImportOfAnAccount, LeavesTheStatesOwn) {
  ForeignSite site;
  const auto own = PrivateKey::generate(KeyType::kEcdsa256);
  site.store().save_account_key(own);
  write_account(site, PrivateKey::generate(KeyType::kEcdsa256),
                "https://ca.example:14000/acct/7");

  EXPECT_THAT(site.import(find_official),
              ElementsAre(Line(Kind::kLeft, "account account",
                               "has an account of its own")));
  EXPECT_EQ(site.store().load_account_key().value->thumbprint(),
            own.thumbprint());
}

TEST(ImportOfAnAccount, LeavesThatOfAnotherCa) {
  ForeignSite site;
  write_account(site, PrivateKey::generate(KeyType::kEcdsa256),
                "https://elsewhere.example/acct/7");

  EXPECT_THAT(
      site.import(find_official),
      ElementsAre(Line(Kind::kLeft, "account account", "another CA's")));
  EXPECT_FALSE(site.store().load_account_key().value);
}

TEST(ImportOfAnAccount, AsksForTheDirectoryWhenItIsNotKnown) {
  ForeignSite site;
  write_account(site, PrivateKey::generate(KeyType::kEcdsa256),
                "https://ca.example:14000/acct/7");

  EXPECT_THAT(site.import(find_official, false, ""),
              ElementsAre(Line(Kind::kLeft, "accounts", "--directory URL")));
}

TEST(ImportOfAnAccount, IsThereTheSecondTime) {
  ForeignSite site;
  write_account(site, PrivateKey::generate(KeyType::kEcdsa256),
                "https://ca.example:14000/acct/7");
  static_cast<void>(site.import(find_official));

  EXPECT_THAT(site.import(find_official),
              ElementsAre(Line(Kind::kThere, "account account", "already")));
}

TEST(ImportJson, HasALineForEach) {
  const std::string json = import_json(
      {.taken = 1}, {{Kind::kTaken, "a.example", "as \"it\" is"}}, true);
  EXPECT_THAT(json, HasSubstr(R"("what": "a.example")"));
  EXPECT_THAT(json, HasSubstr(R"(as \"it\" is)"));
  EXPECT_THAT(json, HasSubstr(R"("dry_run": true)"));
}

}  // namespace
}  // namespace acmectl
