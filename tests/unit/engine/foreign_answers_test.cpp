// SPDX-License-Identifier: BSD-2-Clause
// What another process has in front of the CA, answered by this one.
#include "acme_core/engine/foreign_answers.h"

#include <gtest/gtest.h>

#include <string>

#include "acme_core/challenge/http01.h"
#include "acme_core/engine/order_answers_record.h"
#include "acme_core/storage/file_store.h"
#include "tests/support/memory_file_system.h"
#include "tests/support/recording_logger.h"
#include "tests/support/recording_publisher.h"

namespace acme {
namespace {

class ForeignAnswersTest : public testing::Test {
 protected:
  [[nodiscard]] static ChallengeTask task(const std::string& host,
                                          const std::string& token) {
    return {.identifier = *parse_identifier(host),
            .token = token,
            .key_authorization = token + ".thumbprint"};
  }

  MemoryFileSystem files_;
  FileStore store_{files_};
  FileStore foreign_store_{files_, FileStore::Access::kReadOnly};
  RecordingLogger logger_;
  EventLog log_{logger_, "test"};
  RecordingPublisher owners_;
  RecordingPublisher ours_;
  NameLocks name_locks_;
  OrderAnswersRecord record_{store_, "name-1", log_};
  ForeignAnswers foreign_{foreign_store_, ours_.responders(), log_};
};

TEST_F(ForeignAnswersTest, AreGivenForAsLongAsTheOwnerPresentsThem) {
  Http01Solver http(owners_, false);
  RecordedSolver recorded(http, record_);
  EXPECT_EQ(recorded.type(), ChallengeType::kHttp01);
  foreign_.follow();
  EXPECT_EQ(ours_.answer("token"), std::nullopt);
  {
    const std::vector<ChallengeTask> tasks{task("example.com", "token"),
                                           task("192.0.2.1", "other")};
    const auto presented = recorded.present(tasks, {});
    foreign_.follow();
    foreign_.follow();
    EXPECT_EQ(ours_.answer("token"), "token.thumbprint");
    EXPECT_EQ(ours_.answer("other"), "other.thumbprint");
    EXPECT_EQ(owners_.answer("token"), "token.thumbprint");
  }
  EXPECT_TRUE(files_.list("orders").empty());
  foreign_.follow();
  EXPECT_EQ(ours_.live_challenges(), 0U);
}

TEST_F(ForeignAnswersTest, OfTlsAlpnAreCertificatesOfOurOwn) {
  TlsAlpn01Solver tls(owners_, name_locks_);
  RecordedSolver recorded(tls, record_);
  const std::vector<ChallengeTask> tasks{task("example.com", "token")};
  const auto presented = recorded.present(tasks, {});
  foreign_.follow();
  EXPECT_EQ(ours_.live_tls_alpn().count("example.com"), 1U);
}

TEST_F(ForeignAnswersTest, KeepWhatTwoPresentationsOfAnOrderHave) {
  Http01Solver http(owners_, false);
  RecordedSolver recorded(http, record_);
  const std::vector<ChallengeTask> first{task("example.com", "first")};
  const std::vector<ChallengeTask> second{task("example.com", "second")};
  const auto longer = recorded.present(first, {});
  {
    const auto shorter = recorded.present(second, {});
    foreign_.follow();
    EXPECT_EQ(ours_.live_challenges(), 2U);
  }
  foreign_.follow();
  EXPECT_EQ(ours_.live_challenges(), 1U);
  EXPECT_EQ(ours_.answer("first"), "first.thumbprint");
}

TEST_F(ForeignAnswersTest, HaveWhatTheServersOwnDnsAnswers) {
  store_.save_dns_records(
      {{"example.com", "_acme-challenge.example.com.", "value"}});
  foreign_.follow();
  EXPECT_EQ(ours_.live_txt().size(), 1U);
  store_.save_dns_records({});
  foreign_.follow();
  EXPECT_EQ(ours_.live_txt().size(), 0U);
}

TEST_F(ForeignAnswersTest, EndWithWhoFollows) {
  Http01Solver http(owners_, false);
  RecordedSolver recorded(http, record_);
  const std::vector<ChallengeTask> tasks{task("example.com", "token")};
  const auto presented = recorded.present(tasks, {});
  {
    ForeignAnswers another(foreign_store_, ours_.responders(), log_);
    another.follow();
    EXPECT_EQ(ours_.live_challenges(), 1U);
  }
  EXPECT_EQ(ours_.live_challenges(), 0U);
}

TEST(OrderAnswersDocument, IsReadAsItWasWritten) {
  const std::vector<OrderAnswer> answers{
      {"http-01", *parse_identifier("example.com"), "token", "token.print"},
      {"tls-alpn-01", *parse_identifier("2001:db8::1"), "other",
       "other.print"}};
  EXPECT_EQ(read_order_answers(write_order_answers(answers)), answers);
}

TEST(OrderAnswersDocument, LeavesOutWhatIsNoAnswer) {
  EXPECT_TRUE(read_order_answers("no JSON").empty());
  for (const char* answer :
       {R"({"type":"http-01","identifier":"a b","token":"t",
            "key_authorization":"t.x"})",
        R"({"type":"http-01","identifier":"example.com","token":"../t",
            "key_authorization":"../t.x"})",
        R"({"type":"http-01","identifier":"example.com","token":"t",
            "key_authorization":"another's"})",
        R"({"token":7})", "[]"}) {
    EXPECT_TRUE(
        read_order_answers(R"({"answers":[)" + std::string(answer) + "]}")
            .empty())
        << answer;
  }
}

TEST(HolderDocument, IsReadAsItWasWritten) {
  const std::vector<std::string> names{"a-1", "b-2"};
  EXPECT_EQ(read_holder(write_holder(names)), names);
  EXPECT_TRUE(read_holder("{}").empty());
}

}  // namespace
}  // namespace acme
