// SPDX-License-Identifier: BSD-2-Clause
#include "acme_core/protocol/problem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/unit/protocol/hostile_json.h"

namespace acme {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string kUrn = "urn:ietf:params:acme:error:";

json good_problem() {
  return {{"type", kUrn + "malformed"},
          {"detail", "Some of the names are wrong"},
          {"status", 400},
          {"subproblems",
           {{{"type", kUrn + "caa"},
             {"detail", "CAA forbids it"},
             {"identifier", {{"type", "dns"}, {"value", "a.example"}}}},
            {{"type", kUrn + "dns"},
             {"detail", "NXDOMAIN"},
             {"identifier", {{"type", "dns"}, {"value", "b.example"}}}}}}};
}

Problem problem_in(const json& document) {
  return parse_problem(document.dump()).value();
}

bool has_control_characters(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
}

TEST(Problem, IsReadWithItsSubproblems) {
  const Problem problem = problem_in(good_problem());
  EXPECT_EQ(problem.type, "malformed");
  EXPECT_EQ(problem.detail, "Some of the names are wrong");
  EXPECT_EQ(problem.status, 400);
  ASSERT_EQ(problem.subproblems.size(), 2U);
  EXPECT_EQ(problem.subproblems[0].type, "caa");
  EXPECT_EQ(problem.subproblems[0].detail, "CAA forbids it");
  EXPECT_EQ(problem.subproblems[0].identifier, "a.example");
  EXPECT_EQ(problem.subproblems[1].type, "dns");
}

TEST(Problem, KeepsAForeignTypeWhole) {
  EXPECT_EQ(problem_in({{"type", "about:blank"}}).type, "about:blank");
  EXPECT_EQ(problem_in({{"type", "urn:acme:badNonce"}}).type,
            "urn:acme:badNonce");
  // The prefix is text, not a pattern, and stands in front.
  EXPECT_EQ(problem_in({{"type", "x" + kUrn + "badNonce"}}).type,
            "x" + kUrn + "badNonce");
}

TEST(Problem, IsReadFromAnEmptyObject) {
  const Problem problem = problem_in(json::object());
  EXPECT_EQ(problem.type, "");
  EXPECT_EQ(problem.detail, "");
  EXPECT_EQ(problem.status, 0);
  EXPECT_TRUE(problem.subproblems.empty());
}

TEST(Problem, IsNothingThatIsNoObject) {
  for (const std::string& text : unreadable(good_problem())) {
    EXPECT_FALSE(parse_problem(text)) << text;
  }
}

TEST(Problem, LosesAMemberOfTheWrongTypeAndNothingElse) {
  const Problem good = problem_in(good_problem());
  for (const auto& [member, text] : spoiled(good_problem())) {
    const auto problem = parse_problem(text);
    ASSERT_TRUE(problem) << text;
    EXPECT_EQ(problem->type, member == "/type" ? "" : good.type) << text;
    EXPECT_EQ(problem->detail, member == "/detail" ? "" : good.detail) << text;
    if (member == "/status") {
      // Any small number is one.
      EXPECT_EQ(problem->status, 0) << text;
    }
    if (member == "/subproblems") {
      EXPECT_TRUE(problem->subproblems.empty()) << text;
    } else {
      EXPECT_LE(problem->subproblems.size(), 2U) << text;
      EXPECT_GE(problem->subproblems.size(), 1U) << text;
    }
  }
}

TEST(Problem, HasNoStatusThatHttpDoesNotHave) {
  for (const char* const status :
       {"-1", "1000", "4294967296", "18446744073709551616", "1e400", "400.0",
        "\"400\""}) {
    const auto problem = parse_problem(
        "{\"type\":\"x\",\"status\":" + std::string(status) + "}");
    EXPECT_EQ(problem ? problem->status : 0, 0) << status;
  }
}

TEST(Problem, IsReadWhenNestedDeeperThanAStack) {
  EXPECT_EQ(parse_problem("{\"type\":\"x\",\"more\":" + nested(kDeepest) + "}")
                .value()
                .type,
            "x");
  EXPECT_TRUE(parse_problem("{\"subproblems\":" + nested(kDeepest) + "}")
                  .value()
                  .subproblems.empty());
  EXPECT_FALSE(parse_problem(std::string(2 * kDeepest, '[')));
}

TEST(Problem, BoundsWhatThousandsOfSubproblemsCost) {
  json document = good_problem();
  document["subproblems"] = json::array();
  for (int i = 0; i < 5000; ++i) {
    document["subproblems"].push_back(
        {{"type", kUrn + "dns"}, {"detail", std::string(100, 'x')}});
  }
  const Problem problem = problem_in(document);
  EXPECT_EQ(problem.subproblems.size(), 100U);
  EXPECT_LE(problem.describe().size(), 4096U);
}

TEST(Problem, IsDescribedWithEachNameAndItsReason) {
  EXPECT_EQ(problem_in(good_problem()).describe(),
            "Some of the names are wrong (malformed); "
            "a.example: CAA forbids it (caa); b.example: NXDOMAIN (dns)");
}

TEST(Problem, IsDescribedByItsTypeWhenItHasNoDetail) {
  EXPECT_EQ(problem_in({{"type", kUrn + "badNonce"}}).describe(), "badNonce");
}

TEST(Problem, NeverPutsControlCharactersIntoText) {
  const std::string evil = "a\n\r\x1b[31m\x7f\tb\xc2\x85";
  json document = good_problem();
  document["type"] = evil;
  document["detail"] = evil;
  document["subproblems"] = {
      {{"type", evil}, {"detail", evil}, {"identifier", {{"value", evil}}}},
      {{"type", evil}}};
  document["subproblems"][0]["detail"] = std::string("nul\0nul", 7);
  const Problem problem = problem_in(document);
  for (const std::string& text :
       {problem.describe(),
        std::string(problem.to_error("refused", std::nullopt).what())}) {
    EXPECT_FALSE(has_control_characters(text)) << text;
    EXPECT_THAT(text, Not(HasSubstr("\xc2\x85")));
    EXPECT_THAT(text, HasSubstr("a???[31m??b?"));
  }
}

TEST(Problem, CutsAnEndlessDetail) {
  const Problem problem = problem_in({{"detail", std::string(1 << 20, 'x')}});
  EXPECT_LE(problem.describe().size(), 4096U);
}

// Every type of RFC 8555 section 6.7, and some that are not.
TEST(Problem, HasTheKindOfErrorItsTypeCallsFor) {
  const std::map<std::string, ErrorKind> kinds{
      {"accountDoesNotExist", ErrorKind::kTransient},
      {"alreadyRevoked", ErrorKind::kPermanent},
      {"badCSR", ErrorKind::kPermanent},
      {"badNonce", ErrorKind::kTransient},
      {"badPublicKey", ErrorKind::kPermanent},
      {"badRevocationReason", ErrorKind::kPermanent},
      {"badSignatureAlgorithm", ErrorKind::kPermanent},
      {"caa", ErrorKind::kPermanent},
      {"compound", ErrorKind::kPermanent},
      {"connection", ErrorKind::kTransient},
      {"dns", ErrorKind::kTransient},
      {"externalAccountRequired", ErrorKind::kConfiguration},
      {"incorrectResponse", ErrorKind::kTransient},
      {"invalidContact", ErrorKind::kPermanent},
      {"malformed", ErrorKind::kPermanent},
      {"orderNotReady", ErrorKind::kTransient},
      {"rateLimited", ErrorKind::kRateLimited},
      {"rejectedIdentifier", ErrorKind::kPermanent},
      {"serverInternal", ErrorKind::kTransient},
      {"tls", ErrorKind::kTransient},
      {"unauthorized", ErrorKind::kTransient},
      {"unsupportedContact", ErrorKind::kPermanent},
      {"unsupportedIdentifier", ErrorKind::kPermanent},
      {"userActionRequired", ErrorKind::kConfiguration},
      // RFC 9773, and draft-ietf-acme-profiles.
      {"alreadyReplaced", ErrorKind::kPermanent},
      {"invalidProfile", ErrorKind::kPermanent},
      {"", ErrorKind::kPermanent},
      {"madeUp", ErrorKind::kPermanent},
      {"RATELIMITED", ErrorKind::kPermanent}};
  for (const auto& [type, kind] : kinds) {
    const Error error =
        problem_in({{"type", kUrn + type}}).to_error("x", std::nullopt);
    EXPECT_EQ(error.kind(), kind) << type;
    EXPECT_EQ(error.problem_type(), type);
  }
}

TEST(Problem, EndsWithThePageForPeople) {
  json document = good_problem();
  document["instance"] = "https://ca.example/docs?id=7";
  EXPECT_EQ(problem_in(document).instance, "https://ca.example/docs?id=7");
  EXPECT_THAT(problem_in(document).describe(),
              testing::EndsWith("(dns); see https://ca.example/docs?id=7"));
  // However long the rest is.
  document["detail"] = std::string(5000, 'x');
  EXPECT_THAT(problem_in(document).describe(),
              testing::EndsWith("; see https://ca.example/docs?id=7"));
  EXPECT_LE(problem_in(document).describe().size(), 4096U);
}

TEST(Problem, HasNoPageThatIsNotHttpsOrThatIsEndless) {
  json document = good_problem();
  for (const json& instance :
       {json("http://ca.example/"), json("/docs"), json(7), json(nullptr),
        json(json::array()), json("https://" + std::string(1100, 'x'))}) {
    document["instance"] = instance;
    EXPECT_EQ(problem_in(document).instance, "");
  }
}

TEST(Problem, NeverCutsALink) {
  const std::string link = "https://ca.example/" + std::string(1500, 'x');
  EXPECT_THAT(problem_in({{"detail", "see " + link}, {"type", "x"}}).describe(),
              HasSubstr(link + " (x)"));
  const std::string filler = std::string(3000, 'y') + " ";
  const std::string cut =
      problem_in({{"detail", filler + link}, {"type", "x"}}).describe();
  EXPECT_THAT(cut, Not(HasSubstr("https")));
  EXPECT_THAT(cut, StartsWith(filler));
  // What is replaced by something shorter was not cut.
  EXPECT_THAT(problem_in({{"detail", "\xc2\x85 see https://a/b"}}).describe(),
              HasSubstr("https://a/b"));
}

TEST(Problem, TellsTheErrorWhichNamesItIsAbout) {
  json document = good_problem();
  EXPECT_EQ(problem_in(document).to_error("x", std::nullopt).names(),
            (std::vector<std::string>{"a.example", "b.example"}));
  document["subproblems"][0].erase("identifier");
  EXPECT_EQ(problem_in(document).to_error("x", std::nullopt).names(),
            (std::vector<std::string>{"b.example"}));
  document.erase("subproblems");
  EXPECT_TRUE(problem_in(document).to_error("x", std::nullopt).names().empty());
}

TEST(Problem, BecomesAnErrorThatSaysWhatFailedAndWhenToComeBack) {
  const TimePoint later{std::chrono::hours(5)};
  const Error error = problem_in(good_problem()).to_error("newOrder", later);
  EXPECT_THAT(error.what(), StartsWith("newOrder: Some of the names"));
  EXPECT_EQ(error.retry_at(), later);
  EXPECT_EQ(problem_in(good_problem()).to_error("x", std::nullopt).retry_at(),
            std::nullopt);
}

}  // namespace
}  // namespace acme
