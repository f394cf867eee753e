// SPDX-License-Identifier: BSD-2-Clause
#include "acme_core/status/page_face.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <utility>

#include "acme_core/status/attention.h"
#include "acme_core/status/describe.h"
#include "acme_core/status/html_text.h"
#include "tests/unit/status/status_answers.h"

namespace acme {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string escaped(std::string_view text) {
  std::string out;
  HtmlText(out).text(text);
  return out;
}

std::size_t count_of(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos;
       at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

TEST(Page, EscapesWhatOthersSay) {
  EXPECT_EQ(escaped("<a href=\"x\">'&"),
            "&lt;a href=&quot;x&quot;&gt;&#39;&amp;");
  EXPECT_EQ(escaped("m\u00FCller"), "m\u00FCller");
  EXPECT_EQ(escaped("a\x01\x7f"), "a\uFFFD\uFFFD");
  EXPECT_EQ(escaped("a\u202Eb\u2066c"), "a\uFFFDb\uFFFDc");
  EXPECT_EQ(escaped("a\nb"), "a b");
}

TEST(Page, LinksToWebPagesOnly) {
  std::string out;
  HtmlText(out).link("javascript:alert(1)").link("https://ca.example/\"x");
  EXPECT_THAT(out, AllOf(StartsWith("javascript:alert(1)<a "),
                         HasSubstr("href=\"https://ca.example/&quot;x\"")));
}

// Everything foreign becomes this; what is in the page of it must be escaped.
void make_hostile(StatusSnapshot& snapshot, const std::string& text) {
  for (CertificateStatus& each : snapshot.certificates) {
    each.id = each.name = each.issuer = each.key = each.profile = each.reason =
        each.cure = each.file = each.serial = each.fingerprint =
            each.renew_why = each.last_error = text;
    each.names = each.issuers = each.chain = {text, text};
    each.servers = {{text, 1}};
    each.proved_by = each.left_out = {{text, text}};
    each.window = RenewalWindow{.start = {},
                                .end = {},
                                .renew_at = {},
                                .explanation_url = "https://" + text};
    each.history = {
        {.at = {}, .issuer = text, .succeeded = false, .message = text}};
    each.order = {.issuer = text, .url = text, .step = text, .since = {}};
    each.waiting = Waiting{text, text};
  }
  for (IssuerStatus& each : snapshot.issuers) {
    each.name = each.directory_url = each.state_path = text;
    each.note.account_url = each.note.terms_of_service = "https://" + text;
    each.note.contacts = {text};
    each.note.last_error = each.note.paused_why = text;
    each.note.limits = {
        {.name = text, .limit = 0, .used = 9, .period_seconds = -1}};
    each.note.is_reachable = false;
  }
  snapshot.process.version = snapshot.process.nginx_version =
      snapshot.process.openssl_version = text;
}

TEST(Page, HasNoMarkupOfOthersAnywhere) {
  const auto snapshot = make_snapshot(12);
  make_hostile(*snapshot, "\"'><xss onload=x>&amp;</script><!--]]>");
  StatusRequest request = request_for("?name=%3Cxss&issuer=%22%3E%3Cxss");
  request.is_writable = true;
  request.base = "/\"><xss/";
  StatusAnswer given = answer(request, snapshot);
  EXPECT_THAT(body_of(given), Not(HasSubstr("<xss")));

  request.query = "";
  given = answer(request, snapshot);
  const std::string page = body_of(given);
  EXPECT_THAT(page, Not(HasSubstr("<xss")));
  EXPECT_GT(count_of(page, "&lt;xss"), 100U) << "it was there to be escaped";
}

TEST(Page, HasTheSameTagsWhateverOthersSay) {
  const auto tags = [](const std::string& text) {
    const auto snapshot = make_snapshot(12);
    make_hostile(*snapshot, text);
    StatusRequest request = request_for("");
    request.is_writable = true;
    StatusAnswer given = answer(request, snapshot);
    const std::string page = body_of(given);
    return std::pair(count_of(page, "<"), count_of(page, "\""));
  };
  const auto plain = tags("abc");
  std::mt19937 random(42);
  constexpr std::string_view kAlphabet =
      "<>\"'&;=/ abc-!\\\n\t\x01\x7f\xff\xc3\xe2\x80\xae";
  for (int round = 0; round < 200; ++round) {
    std::string text;
    for (int i = 0; i < 12; ++i) {
      text += kAlphabet[random() % kAlphabet.size()];
    }
    EXPECT_EQ(tags(text), plain) << text;
  }
}

TEST(Page, LetsInNothingButItsOwnStyleAndScript) {
  StatusAnswer given = answer(request_for(""), make_snapshot(12));
  EXPECT_EQ(given.content_type, "text/html; charset=utf-8");
  const std::string policy = header(given, "Content-Security-Policy");
  EXPECT_THAT(
      policy,
      AllOf(StartsWith("default-src 'none'; script-src 'sha256-"),
            HasSubstr("frame-ancestors 'none'"), HasSubstr("base-uri 'none'"),
            HasSubstr("form-action 'self'"), Not(HasSubstr("unsafe"))));
  const std::string page = body_of(given);
  EXPECT_EQ(count_of(page, "<script"), 1U);
  EXPECT_EQ(count_of(page, "<style"), 1U);
  EXPECT_EQ(count_of(page, " style="), 0U) << "the policy would not let it in";
  EXPECT_EQ(count_of(page, " src="), 0U);
}

TEST(Page, SaysOnTopWhatNeedsAPersonWithTheCure) {
  const std::string page = body_at("", make_snapshot(12));
  const std::size_t attention = page.find("id=\"attention\"");
  EXPECT_LT(attention, page.find("id=\"certificates\""));
  EXPECT_THAT(page, AllOf(HasSubstr("old.example.net has expired"),
                          HasSubstr("mail.example.com has no certificate"),
                          HasSubstr("Let the CAA records")));
}

TEST(Page, IsCalmWhenNothingNeedsAnybody) {
  EXPECT_THAT(body_at("", make_snapshot(12, /*is_calm=*/true)),
              AllOf(HasSubstr("Nothing needs you."),
                    HasSubstr("The next renewal is that of "),
                    Not(HasSubstr("What to do"))));
}

TEST(Page, ShowsAHundredAtATime) {
  const auto snapshot = make_snapshot(250);
  const std::string first = body_at("", snapshot);
  EXPECT_EQ(count_of(first, "<tr class=\"row\">"), 100U);
  EXPECT_THAT(first, AllOf(HasSubstr("1 to 100 of 250 certificates"),
                           HasSubstr("Page 1 of 3"),
                           HasSubstr("?sort=state&amp;page=2")));
  EXPECT_EQ(count_of(body_at("?page=3", snapshot), "<tr class=\"row\">"), 50U);
  EXPECT_EQ(count_of(body_at("?page=4", snapshot), "<tr class=\"row\">"), 0U);
}

TEST(Page, SearchesAndSortsWithoutAScript) {
  const std::string page =
      body_at("?name=example&state=valid&sort=-name", make_snapshot(12));
  EXPECT_EQ(count_of(page, "<tr class=\"row\">"), 4U);
  EXPECT_THAT(page, AllOf(HasSubstr("aria-sort=\"descending\""),
                          HasSubstr("value=\"example\""),
                          HasSubstr("<option value=\"valid\" selected>")));
  EXPECT_LT(page.find("<summary>www.example.com"),
            page.find("<summary>status.example.net"));
}

TEST(Page, HasButtonsOnlyWhereCommandsAreTaken) {
  EXPECT_THAT(body_at("", make_snapshot(12)), Not(HasSubstr("data-post=")));
  StatusRequest request = request_for("");
  request.is_writable = true;
  StatusAnswer given = answer(request, make_snapshot(12));
  EXPECT_THAT(body_of(given),
              AllOf(HasSubstr("data-post=\"/acme/1/certificates/"
                              "www.example.com-0000000000000001/renew?force=1"),
                    Not(HasSubstr("1/certificates/static%3A1/renew")),
                    HasSubstr("data-post=\"/acme/1/issuers/zerossl/pause\"")));
}

TEST(Page, ComesInSlices) {
  StatusAnswer given = answer(request_for(""), make_snapshot(10'000));
  std::size_t slices = 1;
  std::string slice;
  while (given.next(slice)) {
    EXPECT_LT(slice.size(), 400'000U);
    slice.clear();
    ++slices;
  }
  EXPECT_EQ(slices, 6U);
}

TEST(Attention, GathersWhatHasTheSameCure) {
  const auto matters = what_needs_a_person(*make_snapshot(1000));
  const auto failing =
      std::find_if(matters.begin(), matters.end(), [](const Matter& matter) {
        return matter.state == CertificateState::kFailing;
      });
  ASSERT_NE(failing, matters.end());
  EXPECT_EQ(failing->title, "10 certificates are failing to renew");
  EXPECT_EQ(failing->certificates.size(), kMostNamed);
  EXPECT_TRUE(std::is_sorted(
      matters.begin(), matters.end(),
      [](const Matter& a, const Matter& b) { return a.urgency > b.urgency; }));
}

TEST(Attention, IsCalledToTheHelperTheClockAndIssuers) {
  const auto snapshot = make_snapshot(1, /*is_calm=*/true);
  EXPECT_TRUE(what_needs_a_person(*snapshot).empty());
  snapshot->process.is_helper_alive = false;
  snapshot->process.helper.clock_skew_seconds = -7200;
  snapshot->issuers[0].note.is_reachable = false;
  snapshot->issuers[0].note.is_state_writable = false;
  snapshot->issuers[1].note.is_paused_by_operator = true;
  const auto matters = what_needs_a_person(*snapshot);
  ASSERT_EQ(matters.size(), 5U);
  EXPECT_EQ(matters[0].title, "The helper process does not run");
  EXPECT_EQ(matters[1].title, "The clock of this machine is off by 2 hours");
  EXPECT_THAT(matters[2].title, HasSubstr("letsencrypt takes no writes"));
  EXPECT_THAT(matters[3].title, HasSubstr("letsencrypt gives no answer"));
  EXPECT_THAT(matters[4].title, HasSubstr("zerossl is paused"));
}

}  // namespace
}  // namespace acme
