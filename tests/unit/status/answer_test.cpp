// SPDX-License-Identifier: BSD-2-Clause
#include "acme_core/status/answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "tests/unit/status/status_answers.h"

namespace acme {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

json json_at(std::string_view target,
             const std::shared_ptr<StatusSnapshot>& snapshot) {
  return json::parse(body_at(target, snapshot));
}

std::vector<std::string> names_at(
    std::string_view target, const std::shared_ptr<StatusSnapshot>& snapshot) {
  std::vector<std::string> names;
  const json list = json_at(target, snapshot);
  for (const json& each : list["certificates"]) {
    names.push_back(each["name"]);
  }
  return names;
}

int status_at(const StatusRequest& request) {
  return answer(request, make_snapshot(12)).status;
}

TEST(StatusJson, ShowsACertificateWithAllItsMembers) {
  const json found =
      json_at("1/certificates/api.example.net", make_snapshot(12));
  EXPECT_EQ(found["state"], "failing");
  EXPECT_EQ(found["servers"][0]["line"], 12);
  EXPECT_EQ(found["failures"], 4);
  EXPECT_EQ(found["next_attempt"], "2026-03-01T12:42:00Z");
  EXPECT_EQ(found["history"].size(), 5U);
  EXPECT_EQ(found["history"][0]["succeeded"], true);
  EXPECT_EQ(found["history"][4]["succeeded"], false);
  EXPECT_EQ(found["served"], true);
  EXPECT_EQ(found["stand_in"], false);
  EXPECT_EQ(found["workers"][0]["pid"], 1201);
  EXPECT_FALSE(found.contains("pem")) << "the chain has a path of its own";
  EXPECT_FALSE(found.contains("file")) << "what is empty is left out";
}

TEST(StatusJson, ShowsTheOrderTheWindowAndWhyItWaits) {
  const auto snapshot = make_snapshot(12);
  snapshot->certificates[0].window =
      RenewalWindow{.start = kSnapshotTime,
                    .end = kSnapshotTime,
                    .renew_at = kSnapshotTime,
                    .explanation_url = "https://ca.example/why"};
  EXPECT_EQ(json_at("1/certificates/www.example.com",
                    snapshot)["window"]["explanation_url"],
            "https://ca.example/why");
  EXPECT_EQ(
      json_at("1/certificates/shop.example.com", snapshot)["order"]["step"],
      "authorizing");
  EXPECT_EQ(
      json_at("1/certificates/wiki.example.org", snapshot)["waiting"]["issuer"],
      "letsencrypt");
  EXPECT_EQ(json_at("1/certificates/media.example.com",
                    snapshot)["left_out"]["cdn.example.com"],
            "NXDOMAIN looking up A (dns)");
}

TEST(StatusJson, EscapesWhatOthersSay) {
  const auto snapshot = make_snapshot(1);
  const std::string hostile = "\"}],\\ \x01\n\t<script> \xff \u2028";
  snapshot->certificates[0].last_error = hostile;
  snapshot->certificates[0].left_out = {{hostile, hostile}};
  const json found = json_at("1/certificates", snapshot)["certificates"][0];
  EXPECT_THAT(found["last_error"].get<std::string>(),
              StartsWith("\"}],\\ \x01\n\t<script> \uFFFD"));
  EXPECT_EQ(found["left_out"].size(), 1U);
}

TEST(StatusJson, ShowsIssuersAndTheProcess) {
  const auto snapshot = make_snapshot(12);
  const json issuers = json_at("1/issuers", snapshot)["issuers"];
  EXPECT_EQ(issuers.size(), 2U);
  EXPECT_EQ(issuers[0]["reachable"], true);
  EXPECT_EQ(issuers[0]["limits"][1]["used"], 41);
  EXPECT_EQ(json_at("1/issuers/zerossl", snapshot)["paused_why"],
            "it answered 503 three times");
  const json process = json_at("1/process", snapshot);
  EXPECT_EQ(process["helper_alive"], true);
  EXPECT_EQ(process["helper"]["clock_skew_seconds"], 0);
}

TEST(StatusJson, ShowsEventsSinceANumber) {
  const auto snapshot = make_snapshot(1);
  const json all = json_at("1/events", snapshot);
  EXPECT_EQ(all["events"].size(), 5U);
  EXPECT_EQ(all["events"][0]["number"], 7);
  EXPECT_EQ(all["events"][0]["event"], "renewed");
  EXPECT_EQ(all["last"], 11);
  EXPECT_EQ(json_at("1/events?since=10", snapshot)["events"].size(), 1U);
  EXPECT_EQ(json_at("1/events?since=11", snapshot)["events"].size(), 0U);
  EXPECT_EQ(status_at(request_for("1/events?since=-1")), 400);
}

TEST(StatusList, IsNarrowed) {
  const auto snapshot = make_snapshot(12);
  EXPECT_THAT(names_at("1/certificates?state=failing,expired", snapshot),
              ElementsAre("api.example.net", "old.example.net"));
  EXPECT_THAT(names_at("1/certificates?name=shop", snapshot),
              ElementsAre("shop.example.com"));
  EXPECT_THAT(names_at("1/certificates?name=*.apps.example.com", snapshot),
              ElementsAre("*.apps.example.com"));
  EXPECT_THAT(names_at("1/certificates?issuer=Example+Corporate+CA", snapshot),
              ElementsAre("static.example.net"));
  EXPECT_THAT(names_at("1/certificates?expires_within=9d", snapshot),
              ElementsAre("blog.example.org", "old.example.net"));
}

TEST(StatusList, IsSortedEitherWay) {
  const auto snapshot = make_snapshot(3);
  EXPECT_THAT(
      names_at("1/certificates?sort=name", snapshot),
      ElementsAre("api.example.net", "shop.example.com", "www.example.com"));
  EXPECT_THAT(
      names_at("1/certificates?sort=-name", snapshot),
      ElementsAre("www.example.com", "shop.example.com", "api.example.net"));
  EXPECT_THAT(
      names_at("1/certificates?sort=state", snapshot),
      ElementsAre("api.example.net", "shop.example.com", "www.example.com"));
}

class StatusPages : public ::testing::TestWithParam<const char*> {};

TEST_P(StatusPages, ShowEachCertificateOnce) {
  const auto snapshot = make_snapshot(257);
  std::multiset<std::string> seen;
  std::string target = std::string("1/certificates?limit=50") + GetParam();
  for (int pages = 0; !target.empty(); ++pages) {
    ASSERT_LT(pages, 7) << "there is an end to it";
    const json page = json_at(target, snapshot);
    EXPECT_EQ(page["total"], 257);
    for (const json& each : page["certificates"]) {
      seen.insert(each["id"].get<std::string>());
    }
    target = page.contains("next")
                 ? "1/certificates" + page["next"].get<std::string>()
                 : "";
  }
  EXPECT_EQ(seen.size(), 257U);
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 257U);
}

INSTANTIATE_TEST_SUITE_P(InEveryOrder, StatusPages,
                         ::testing::Values("", "&sort=name", "&sort=-not_after",
                                           "&sort=state", "&sort=-issuer",
                                           "&sort=renew_at"));

TEST(StatusPages, GoOnWhenTheLastOneMatchesNoMoreAndSaySoWhenItIsGone) {
  const auto snapshot = make_snapshot(12);
  EXPECT_THAT(names_at("1/certificates?state=failing&after="
                       "www.example.com-0000000000000001",
                       snapshot),
              ElementsAre("api.example.net"));
  EXPECT_EQ(status_at(request_for("1/certificates?after=nobody")), 400);
}

TEST(StatusList, ComesInSlices) {
  const auto snapshot = make_snapshot(1000);
  StatusAnswer given =
      answer(request_for("1/certificates?limit=1000"), snapshot);
  std::string body;
  std::size_t slices = 0;
  bool has_more = true;
  while (has_more) {
    std::string slice;
    has_more = given.next(slice);
    EXPECT_LT(slice.size(), 400'000U);
    body += slice;
    ++slices;
  }
  EXPECT_EQ(slices, 5U);
  EXPECT_EQ(json::parse(body)["certificates"].size(), 1000U);

  // A server may as well collect them in one text.
  StatusAnswer again =
      answer(request_for("1/certificates?limit=1000"), snapshot);
  std::string one;
  while (again.next(one)) {
  }
  EXPECT_EQ(one, body);
}

TEST(StatusAnswer, IsKnownByItsTag) {
  const auto snapshot = make_snapshot(12);
  for (const std::string_view target :
       {"1/certificates", "1/certificates/www.example.com", "1/issuers",
        "1/process", "1/certificates/www.example.com/pem"}) {
    StatusAnswer first = answer(request_for(target), snapshot);
    const std::string tag = header(first, "ETag");
    ASSERT_FALSE(tag.empty()) << target;
    EXPECT_EQ(header(first, "Cache-Control"), "no-cache");

    StatusRequest again = request_for(target);
    const std::string listed = "\"other\", " + tag;
    again.if_none_match = listed;
    StatusAnswer second = answer(again, snapshot);
    EXPECT_EQ(second.status, 304) << target;
    EXPECT_THAT(body_of(second), IsEmpty());
    EXPECT_EQ(header(second, "ETag"), tag);

    again.if_none_match = "\"other\"";
    EXPECT_EQ(answer(again, snapshot).status, 200) << target;
  }
}

TEST(StatusAnswer, KeepsItsTagWhileOnlyTimePassesAndLosesItWithAChange) {
  const auto snapshot = make_snapshot(12);
  const std::string before =
      header(answer(request_for("1/certificates"), snapshot), "ETag");
  snapshot->taken_at += std::chrono::seconds(5);
  EXPECT_EQ(header(answer(request_for("1/certificates"), snapshot), "ETag"),
            before);
  EXPECT_THAT(before, StartsWith("W/"));
  snapshot->certificates[0].failures = 1;
  EXPECT_NE(header(answer(request_for("1/certificates"), snapshot), "ETag"),
            before);
}

TEST(StatusAnswer, ToHeadHasTheSameFields) {
  const auto snapshot = make_snapshot(12);
  for (const std::string_view target : {"", "metrics", "1/certificates"}) {
    const StatusAnswer get = answer(request_for(target), snapshot);
    const StatusAnswer head = answer(request_for(target, "HEAD"), snapshot);
    EXPECT_EQ(get.status, head.status);
    EXPECT_EQ(get.content_type, head.content_type);
    EXPECT_EQ(get.headers, head.headers);
  }
}

TEST(StatusAnswer, RefusesInWords) {
  const auto snapshot = make_snapshot(12);
  struct Case {
    std::string target;
    int status;
  };
  for (const Case& each :
       {Case{"2/certificates", 404}, Case{"1", 404}, Case{"1/", 404},
        Case{"1/certificates/", 404}, Case{"1/certificates/nobody", 404},
        Case{"1/certificates/mail.example.com/pem", 404},
        Case{"1/certificates/www.example.com/key", 404},
        Case{"1/issuers/nobody", 404}, Case{"1/commands/99", 404},
        Case{"1/commands/x", 404}, Case{"1/certificates?limit=0", 400},
        Case{"1/certificates?bogus=1", 400}, Case{"?state=bogus", 400},
        Case{"metrics?compat=bogus", 400}, Case{std::string(5000, 'a'), 414}}) {
    StatusAnswer given = answer(request_for(each.target), snapshot);
    EXPECT_EQ(given.status, each.status) << each.target;
    EXPECT_EQ(given.content_type, "application/problem+json");
    const json problem = json::parse(body_of(given));
    EXPECT_EQ(problem["type"], "about:blank");
    EXPECT_EQ(problem["status"], each.status);
    EXPECT_FALSE(problem["detail"].get<std::string>().empty());
  }
}

TEST(StatusAnswer, ToOtherMethodsNamesThoseThereAre) {
  for (const std::string_view target : {"", "metrics", "1/process"}) {
    for (const std::string_view method : {"POST", "PUT", "DELETE"}) {
      StatusAnswer given =
          answer(request_for(target, method), make_snapshot(1));
      EXPECT_EQ(given.status, 405);
      EXPECT_EQ(header(given, "Allow"), "GET, HEAD");
    }
  }
}

TEST(StatusAnswer, AsksForAnIdWhereANameIsNotEnough) {
  const auto snapshot = make_snapshot(2);
  snapshot->certificates[1].name = "www.example.com";
  snapshot->certificates[1].id = "www.example.com-0000000000000002";
  StatusAnswer given =
      answer(request_for("1/certificates/www.example.com"), snapshot);
  EXPECT_EQ(given.status, 409);
  EXPECT_THAT(json::parse(body_of(given))["certificates"],
              ElementsAre("www.example.com-0000000000000001",
                          "www.example.com-0000000000000002"));
  EXPECT_EQ(answer(request_for("1/certificates/www.example.com-"
                               "0000000000000002"),
                   snapshot)
                .status,
            200);
}

TEST(StatusAnswer, GivesTheChainAsItIs) {
  StatusAnswer given = answer(request_for("1/certificates/www.example.com/pem"),
                              make_snapshot(1));
  EXPECT_EQ(given.content_type, "application/pem-certificate-chain");
  EXPECT_THAT(body_of(given), StartsWith("-----BEGIN CERTIFICATE-----"));
}

}  // namespace
}  // namespace acme
