// SPDX-License-Identifier: BSD-2-Clause
// Live answers when there is no room for all.
#include "ngx_module/shared/challenge_table.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "acme_core/error.h"
#include "ngx_module/nginx/steady_seconds.h"
#include "tests/unit/module/slab_double.h"
#include "tests/unit/module/steady_double.h"

namespace ngx_acme {
namespace {

constexpr std::size_t kRoom = 20;

class FullZone : public testing::Test {
 protected:
  FullZone() { limit_slab_allocations(slab_allocations() + kRoom); }
  ~FullZone() override {
    limit_slab_allocations(std::numeric_limits<std::size_t>::max());
  }

  void put(LiveAnswers& answers, const std::string& name) {
    table_.put_locked(nullptr,
                      [&] { answers.put_locked(nullptr, name, "answer"); });
  }
  void put_txt(const std::string& name) {
    table_.put_locked(nullptr,
                      [&] { table_.dns.put_locked(nullptr, name, "value"); });
  }
  // What an order does that is done at once.
  void put_and_remove(const std::string& name) {
    put(table_.tls_alpn, name);
    table_.tls_alpn.remove_locked(name);
  }
  [[nodiscard]] bool has(const LiveAnswers& answers,
                         const std::string& name) const {
    return !answers.find_locked(name, steady_seconds()).empty();
  }

  ChallengeTable table_{};
};

TEST_F(FullZone, HasRoomForThousandsOfNamesWithinAMinute) {
  for (int i = 0; i < 4'000; ++i) {
    ASSERT_NO_THROW(put_and_remove(std::to_string(i))) << i;
  }
  EXPECT_TRUE(has(table_.tls_alpn, "3999"));
}

TEST_F(FullZone, LetsGoOfWhatWasGivenUpFirst) {
  put_and_remove("first");
  pass_seconds(1);
  for (std::size_t i = 1; i < kRoom; ++i) {
    put_and_remove(std::to_string(i));
  }
  put(table_.tls_alpn, "one more");
  EXPECT_FALSE(has(table_.tls_alpn, "first"));
  EXPECT_TRUE(has(table_.tls_alpn, "1"));
  EXPECT_TRUE(has(table_.tls_alpn, "one more"));
}

TEST_F(FullZone, LetsGoOfAnyKindForAnyOther) {
  for (std::size_t i = 0; i < kRoom; ++i) {
    put_and_remove(std::to_string(i));
  }
  put(table_.http, "token/host");
  put_txt("_acme-challenge.example.com");
  EXPECT_TRUE(has(table_.http, "token/host"));
  EXPECT_TRUE(
      table_.dns.find_locked("_acme-challenge.example.com", steady_seconds())
          .exists);
}

TEST_F(FullZone, NeverLetsGoOfWhatAnOrderWants) {
  for (std::size_t i = 0; i < kRoom; ++i) {
    put(table_.tls_alpn, std::to_string(i));
  }
  EXPECT_THROW(put(table_.tls_alpn, "one more"), acme::Error);
  EXPECT_THROW(put(table_.http, "one more"), acme::Error);
  EXPECT_THROW(put_txt("one.more"), acme::Error);
  for (std::size_t i = 0; i < kRoom; ++i) {
    EXPECT_TRUE(has(table_.tls_alpn, std::to_string(i)));
  }
  table_.tls_alpn.remove_locked("0");
  put(table_.tls_alpn, "one more");
  EXPECT_FALSE(has(table_.tls_alpn, "0"));
}

TEST_F(FullZone, TakesNothingAwayForWhatIsTooLarge) {
  put_and_remove("small");
  EXPECT_THROW(
      put(table_.http,
          std::string(std::numeric_limits<std::uint16_t>::max() + 1, 'x')),
      acme::Error);
  EXPECT_TRUE(has(table_.tls_alpn, "small"));
}

using LargerZone = FullZone;

TEST_F(LargerZone, AnswersWhatTheOneBeforeDid) {
  put(table_.http, "wanted");
  put_and_remove("given up");
  ChallengeTable larger{};
  larger.http.take_over_locked(nullptr, table_.http);
  larger.tls_alpn.take_over_locked(nullptr, table_.tls_alpn);
  EXPECT_TRUE(has(larger.http, "wanted"));
  EXPECT_TRUE(has(larger.tls_alpn, "given up"));
  EXPECT_FALSE(larger.http.empty());

  // Whoever wants it answered says so again.
  larger.http.put_locked(nullptr, "wanted", "answer");
  pass_seconds(61);
  EXPECT_TRUE(has(larger.http, "wanted"));
  EXPECT_FALSE(has(larger.tls_alpn, "given up"));
}

}  // namespace
}  // namespace ngx_acme
