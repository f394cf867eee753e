// SPDX-License-Identifier: BSD-2-Clause
// What a CA that validates by tls-alpn-01 is shown, and for how long.
#include "acme_core/challenge/tls_alpn01.h"

#include <gtest/gtest.h>

#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "acme_core/error.h"
#include "tests/support/failure_of.h"
#include "tests/support/recording_publisher.h"

namespace acme {
namespace {

Identifier named(const std::string& text) {
  return parse_identifier(text).value();
}

ChallengeTask alpn_task_for(const std::string& name, const std::string& token) {
  return {named(name), token, token + ".thumbprint"};
}

TEST(SniName, IsTheNameItself) {
  EXPECT_EQ(sni_name(named("WWW.example.com")), "www.example.com");
}

TEST(SniName, IsTheReverseNameOfAnAddress) {
  EXPECT_EQ(sni_name(named("192.0.2.130")), "130.2.0.192.in-addr.arpa");
  // The example of RFC 3596 section 2.5.
  EXPECT_EQ(sni_name(named("4321:0:1:2:3:4:567:89ab")),
            "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4."
            "ip6.arpa");
}

TEST(SniName, RefusesWhatIsNoAddress) {
  const Identifier wrong{Identifier::Type::kIp, "www.example.com"};
  EXPECT_EQ(failure_of([&] { return sni_name(wrong); }).kind(),
            ErrorKind::kConfiguration);
}

TEST(TlsAlpn01, ShowsCertificatesAsLongAsTheyAreWanted) {
  RecordingPublisher publisher;
  NameLocks name_locks;
  TlsAlpn01Solver solver(publisher, name_locks);
  const std::vector<ChallengeTask> tasks{alpn_task_for("www.example.com", "a"),
                                         alpn_task_for("192.0.2.1", "b")};
  {
    const auto presented = solver.present(tasks, {});
    const auto live = publisher.live_tls_alpn();
    EXPECT_EQ(live.size(), 2U);
    EXPECT_EQ(live.count("www.example.com"), 1U);
    EXPECT_EQ(live.count("1.2.0.192.in-addr.arpa"), 1U);
  }
  EXPECT_TRUE(publisher.live_tls_alpn().empty());
}

TEST(TlsAlpn01, LeavesNothingBehindWhenOneCannotBeShown) {
  RecordingPublisher publisher;
  NameLocks name_locks;
  TlsAlpn01Solver solver(publisher, name_locks);
  const std::vector<ChallengeTask> tasks{
      alpn_task_for("www.example.com", "a"),
      {{Identifier::Type::kIp, "192.0.2.1"}, "b", "b.t"}};
  publisher.refuse_tls_alpn("1.2.0.192.in-addr.arpa");
  EXPECT_EQ(failure_of([&] { return solver.present(tasks, {}); }).kind(),
            ErrorKind::kConfiguration);
  EXPECT_TRUE(publisher.live_tls_alpn().empty());
  const auto again = solver.present(std::span(tasks).first(1), {});
  EXPECT_EQ(publisher.live_tls_alpn().size(), 1U);
}

// Each name has room for one certificate.
TEST(TlsAlpn01, WaitsForAnotherOrderThatProvesTheName) {
  RecordingPublisher publisher;
  NameLocks name_locks;
  TlsAlpn01Solver solver(publisher, name_locks);
  const std::vector<ChallengeTask> both{alpn_task_for("www.example.com", "a"),
                                        alpn_task_for("example.com", "b")};
  const std::vector<ChallengeTask> one{alpn_task_for("example.com", "c")};
  auto first = solver.present(both, {});

  std::size_t live = 0;
  std::jthread other([&] {
    const auto second = solver.present(one, {});
    live = publisher.live_tls_alpn().size();
  });
  first.reset();
  other.join();
  EXPECT_EQ(live, 1U);
}

TEST(TlsAlpn01, DoesNotWaitForOrdersOfOtherNames) {
  RecordingPublisher publisher;
  NameLocks name_locks;
  TlsAlpn01Solver solver(publisher, name_locks);
  const std::vector<ChallengeTask> one{alpn_task_for("www.example.com", "a")};
  const std::vector<ChallengeTask> other{alpn_task_for("example.com", "b")};
  const auto first = solver.present(one, {});
  const auto second = solver.present(other, {});
  EXPECT_EQ(publisher.live_tls_alpn().size(), 2U);
}

TEST(TlsAlpn01, EndsWaitingWhenItIsStopped) {
  RecordingPublisher publisher;
  NameLocks name_locks;
  TlsAlpn01Solver solver(publisher, name_locks);
  const std::vector<ChallengeTask> tasks{alpn_task_for("www.example.com", "a")};
  const auto first = solver.present(tasks, {});
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(failure_of([&] {
              return solver.present(tasks, stop.get_token());
            }).kind(),
            ErrorKind::kStopped);
  EXPECT_EQ(publisher.live_tls_alpn().size(), 1U);
}

}  // namespace
}  // namespace acme
