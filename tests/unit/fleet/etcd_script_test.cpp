// SPDX-License-Identifier: BSD-2-Clause
// The tree on something that answers as a test says: what etcd would not do, or
// not when it is asked to.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "acme_core/error.h"
#include "acme_core/fleet/etcd_tree.h"
#include "tests/support/failure_of.h"
#include "tests/support/http_test_server.h"
#include "tests/support/test_ca.h"

namespace acme {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using Then = HttpTestServer::Reply::Then;

const std::string kStore =
    R"({"header":{"cluster_id":"7","revision":"12"},"succeeded":true})";
const std::string kCreated =
    R"({"result":{"header":{"cluster_id":"7","revision":"12"},"created":true}})";

HttpTestServer::Reply answer(const std::string& body,
                             const std::string& status = "200 OK") {
  return {HttpTestServer::response(status, "", body)};
}

// Lines of an answer that goes on.
HttpTestServer::Reply stream(const std::vector<std::string>& lines,
                             Then then = Then::kStall) {
  std::string bytes = "HTTP/1.1 200 OK\r\n\r\n";
  for (const std::string& line : lines) {
    bytes += line + "\n";
  }
  return {bytes, then};
}

std::string event_line(int revision, bool is_fragment = false) {
  return R"({"result":{"header":{"cluster_id":"7","revision":"50"},)" +
         std::string(is_fragment ? R"("fragment":true,)" : "") +
         R"("events":[{"kv":{"key":"L3gvYQ==","mod_revision":")" +
         std::to_string(revision) + R"(","value":"MQ=="}}]}})";
}

class ScriptedEtcd : public testing::Test {
 protected:
  HttpTestServer& start(HttpTestServer::Script script) {
    const auto day = [](int year) {
      return std::chrono::sys_days(std::chrono::year(year) /
                                   std::chrono::January / 1);
    };
    servers_.push_back(std::make_unique<HttpTestServer>(
        ca_.issue(identifiers_of({"127.0.0.1"}), key_, day(2001), day(2098)),
        key_, std::move(script)));
    return *servers_.back();
  }

  // All servers, in their order.
  EtcdOptions options() const {
    EtcdOptions options;
    for (const auto& server : servers_) {
      options.urls.push_back(server->url(""));
    }
    options.prefix = "/x/";
    options.trusted_certificates = ca_.root_pem();
    options.timeout = 1min;
    return options;
  }

  static std::size_t count(const HttpTestServer& server,
                           const std::string& path) {
    std::size_t count = 0;
    for (const auto& request : server.requests()) {
      count += request.path() == path ? 1 : 0;
    }
    return count;
  }

  static std::vector<std::function<void()>> calls(EtcdTree& tree) {
    return {[&] { static_cast<void>(tree.read_all({})); },
            [&] {
              static_cast<void>(tree.write({{"a", "1"}}, {}));
            },
            [&] { static_cast<void>(tree.open_session(1s)); },
            [&] { static_cast<void>(tree.keep_alive("5")); },
            [&] { static_cast<void>(tree.wait_for_changes(3, 10s, {})); }};
  }

  TestCa ca_;
  PrivateKey key_ = PrivateKey::generate(KeyType::kEcdsa256);
  std::vector<std::unique_ptr<HttpTestServer>> servers_;
};

TEST_F(ScriptedEtcd, IsUnavailableWhenWhatIsAnsweredMakesNoSense) {
  for (
      const char* const body :
      {"", "hello", "[]", "{}", R"({"header":"x"})", R"({"result":[]})",
       R"({"header":{"revision":"99999999999999999999"}})",
       R"({"header":{"revision":"1"},"more":true,"kvs":7,"succeeded":"yes"})"}) {
    HttpTestServer& server = start([&](const auto&) { return answer(body); });
    EtcdTree tree(options());
    for (const auto& call : calls(tree)) {
      const Error error = failure_of(call);
      EXPECT_EQ(error.kind(), ErrorKind::kUnavailable) << body;
      EXPECT_THAT(error.what(), HasSubstr(server.url("")));
    }
    servers_.clear();
  }
}

TEST_F(ScriptedEtcd, WaitsNoLongerThanItsTimeoutForAnAnswer) {
  for (const char* const bytes :
       {"", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n{\"res"}) {
    start([&](const auto&) {
      return HttpTestServer::Reply{bytes, Then::kStall};
    });
    EtcdOptions hasty = options();
    hasty.timeout = 100ms;
    EtcdTree tree(hasty);
    for (const auto& call : calls(tree)) {
      EXPECT_EQ(failure_of(call).kind(), ErrorKind::kUnavailable) << bytes;
    }
    servers_.clear();
  }
}

TEST_F(ScriptedEtcd, ReadsNoEndlessRowOfPages) {
  start([&](const auto&) {
    return answer(R"({"header":{"revision":"12"},"more":true,"kvs":)"
                  R"([{"key":"L3gvYQ==","mod_revision":"9"}]})");
  });
  EtcdTree tree(options());
  EXPECT_EQ(failure_of([&] { return tree.read_all({}); }).kind(),
            ErrorKind::kUnavailable);
}

TEST_F(ScriptedEtcd, ReadsAnewWhenItIsCompactedMeanwhile) {
  std::atomic<int> asked = 0;
  start([&](const auto&) {
    switch (++asked) {
      case 2:
        return answer(R"({"message":"etcdserver: mvcc: required revision has )"
                      R"(been compacted","code":11})",
                      "400 Bad Request");
      case 4:
        return answer(R"({"header":{"revision":"22"},"kvs":)"
                      R"([{"key":"L3gvYg==","mod_revision":"9"}]})");
      default:
        return answer(R"({"header":{"revision":"20"},"more":true,"kvs":)"
                      R"([{"key":"L3gvYQ==","mod_revision":"9"}]})");
    }
  });
  EtcdTree tree(options());
  const TreeSnapshot snapshot = tree.read_all({});
  EXPECT_THAT(snapshot.entries, SizeIs(2));
  EXPECT_EQ(snapshot.revision, 20);
}

TEST_F(ScriptedEtcd, WritesOnceWhateverBecomesOfTheAnswer) {
  const auto script = [](const HttpTestServer::Request& request) {
    return request.path() == "/v3/kv/txn"
               ? HttpTestServer::Reply{"", Then::kAbort}
               : answer(kStore);
  };
  HttpTestServer& one = start(script);
  HttpTestServer& other = start(script);
  EtcdTree tree(options());
  // Connections to be used again.
  static_cast<void>(tree.read_all({}));
  EXPECT_EQ(failure_of([&] {
              return tree.write({{"a", "1"}}, {{"a", 0}});
            }).kind(),
            ErrorKind::kUnavailable);
  EXPECT_EQ(count(one, "/v3/kv/txn") + count(other, "/v3/kv/txn"), 1U);
}

TEST_F(ScriptedEtcd, KeepsToTheNodeThatWorks) {
  HttpTestServer& lost = start([](const auto&) {
    return answer(R"({"message":"etcdserver: no leader","code":14})",
                  "503 Unavailable");
  });
  HttpTestServer& good = start([](const auto&) { return answer(kStore); });
  EtcdTree tree(options());
  for (int i = 0; i < 3; ++i) {
    static_cast<void>(tree.read_all({}));
    EXPECT_TRUE(tree.write({{"a", "1"}}, {}));
  }
  EXPECT_EQ(lost.requests().size(), 1U);
  EXPECT_EQ(good.requests().size(), 6U);
}

TEST_F(ScriptedEtcd, KeepsOneWatchOpen) {
  HttpTestServer& server = start([](const HttpTestServer::Request& request) {
    return request.path() == "/v3/watch"
               ? stream({kCreated, event_line(13), event_line(15)})
               : answer(kStore);
  });
  EtcdTree tree(options());
  TreeRevision seen = 12;
  while (seen < 15) {
    seen = tree.wait_for_changes(seen, 1s, {}).revision;
  }
  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT(tree.wait_for_changes(seen, 1ms, {}).changes, IsEmpty());
  }
  EXPECT_EQ(count(server, "/v3/watch"), 1U);
  // It does not go on where another reader is.
  static_cast<void>(tree.wait_for_changes(12, 10s, {}));
  EXPECT_EQ(count(server, "/v3/watch"), 2U);
}

TEST_F(ScriptedEtcd, HandsOutNoPartOfAMessage) {
  start([](const auto&) {
    return stream({kCreated, event_line(13), event_line(14, true)});
  });
  EtcdTree tree(options());
  const TreeChanges whole = tree.wait_for_changes(12, 1min, {});
  EXPECT_THAT(whole.changes, SizeIs(1));
  EXPECT_EQ(whole.revision, 13);
  const TreeChanges none = tree.wait_for_changes(13, 50ms, {});
  EXPECT_THAT(none.changes, IsEmpty());
  EXPECT_EQ(none.revision, 13);
}

TEST_F(ScriptedEtcd, HandsOutWhatCameBeforeAWatchBroke) {
  HttpTestServer& server = start([](const auto&) {
    return stream({kCreated, event_line(13), event_line(14), "rubbish"},
                  Then::kAbort);
  });
  EtcdTree tree(options());
  TreeRevision seen = 12;
  for (int i = 0; i < 100 && seen < 14; ++i) {
    seen = tree.wait_for_changes(seen, 10s, {}).revision;
  }
  EXPECT_EQ(seen, 14);
  EXPECT_THAT(server.requests()[0].body, HasSubstr(R"("start_revision":"13")"));
}

TEST_F(ScriptedEtcd, DoesNotOpenAWatchAgainAndAgain) {
  HttpTestServer& server =
      start([](const auto&) { return stream({kCreated}, Then::kClose); });
  EtcdTree tree(options());
  EXPECT_EQ(
      failure_of([&] { return tree.wait_for_changes(12, 60s, {}); }).kind(),
      ErrorKind::kUnavailable);
  EXPECT_LE(server.requests().size(), 2U);
}

// Another node has come further than the one whose watch it is.
TEST_F(ScriptedEtcd, HasNoGapWhenItsNodeIsBehind) {
  start([](const HttpTestServer::Request& request) {
    return request.path() == "/v3/watch"
               ? stream({kCreated})
               : answer(R"({"header":{"cluster_id":"7","revision":"40"}})");
  });
  EtcdTree tree(options());
  EXPECT_FALSE(tree.wait_for_changes(30, 1ms, {}).has_gap);
  EXPECT_TRUE(tree.wait_for_changes(41, 1ms, {}).has_gap);
}

TEST_F(ScriptedEtcd, StopsOpeningAWatch) {
  HttpTestServer& server = start([](const auto&) {
    return HttpTestServer::Reply{"", Then::kStall};
  });
  EtcdOptions patient = options();
  patient.timeout = 10min;
  EtcdTree tree(patient);
  std::stop_source stop;
  auto waiting = std::async(std::launch::async, [&] {
    return failure_of(
               [&] { return tree.wait_for_changes(3, 1h, stop.get_token()); })
        .kind();
  });
  server.wait_for_answers(1);
  stop.request_stop();
  EXPECT_EQ(waiting.get(), ErrorKind::kStopped);
}

TEST_F(ScriptedEtcd, TellsNobodyItsPassword) {
  start([](const HttpTestServer::Request& request) {
    return answer(
        R"({"message":"no: )" + std::string("hunter2") + R"(","code":3})",
        request.path() == "/v3/auth/authenticate" ? "400 Bad Request"
                                                  : "500 Error");
  });
  EtcdOptions known = options();
  known.user = "acme";
  const std::string password = "hunter2";
  known.password = {password.begin(), password.end()};
  EtcdTree tree(known);
  for (const auto& call : calls(tree)) {
    EXPECT_THAT(failure_of(call).what(), Not(HasSubstr("hunter2")));
  }
}

TEST_F(ScriptedEtcd, LogsInOnceMoreWhenItsTokenIsNotKnown) {
  std::atomic<int> logins = 0;
  HttpTestServer& server = start([&](const HttpTestServer::Request& request) {
    if (request.path() == "/v3/auth/authenticate") {
      return answer(R"({"header":{"revision":"1"},"token":"token-)" +
                    std::to_string(++logins) + "\"}");
    }
    return request.head.find("Authorization: token-2\r\n") != std::string::npos
               ? answer(kStore)
               : answer(R"({"error":"etcdserver: invalid auth token",)"
                        R"("message":"etcdserver: invalid auth token",)"
                        R"("code":16})",
                        "401 Unauthorized");
  });
  EtcdOptions known = options();
  known.user = "acme";
  EtcdTree tree(known);
  EXPECT_TRUE(tree.write({{"a", "1"}}, {}));
  EXPECT_TRUE(tree.write({{"a", "1"}}, {}));
  EXPECT_EQ(logins, 2);
  EXPECT_EQ(count(server, "/v3/kv/txn"), 3U);
}

}  // namespace
}  // namespace acme
