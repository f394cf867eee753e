// SPDX-License-Identifier: BSD-2-Clause
// What is said to etcd, and what is made of its answers, right or wrong.
#include "acme_core/fleet/etcd_messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "acme_core/error.h"
#include "tests/support/failure_of.h"

namespace acme {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string kHeader = R"("header":{"cluster_id":"7","revision":"12"})";

EtcdReply ok(const std::string& body) { return {200, body}; }

std::string string_of(const SecretBytes& bytes) {
  return {bytes.begin(), bytes.end()};
}

TEST(EtcdMessages, AskForAllKeysWithThePrefix) {
  const json first = json::parse(etcd_range("/a/", 100).body);
  EXPECT_EQ(first["key"], "L2Ev");        // "/a/"
  EXPECT_EQ(first["range_end"], "L2Ew");  // "/a0"
  EXPECT_EQ(first["limit"], "100");
  const json next = json::parse(etcd_range("/a/", 100, "/a/b", 12).body);
  EXPECT_EQ(next["key"], "L2EvYg==");
  EXPECT_EQ(next["range_end"], "L2Ew");
  EXPECT_EQ(next["revision"], "12");
}

TEST(EtcdMessages, FindTheEndOfAnyPrefix) {
  const auto end_of = [](const std::string& prefix) {
    return json::parse(etcd_range(prefix, 1).body)["range_end"]
        .get<std::string>();
  };
  EXPECT_EQ(end_of(""), "AA==");          // "\0": no end
  EXPECT_EQ(end_of("\xff\xff"), "AA==");  // likewise
  EXPECT_EQ(end_of("a\xff"), "Yg==");     // "b"
  EXPECT_EQ(end_of(std::string(1, '\0')), "AQ==");
  EXPECT_EQ(json::parse(etcd_range("", 1).body)["key"], "AA==");
}

TEST(EtcdMessages, WriteAllOrNothing) {
  const auto question = etcd_write(
      "/a/", {{"x", std::string("\0\xff", 2), "5"}, {"y", std::nullopt}},
      {{"x", 0}, {"z", 3}});
  ASSERT_TRUE(question);
  EXPECT_TRUE(question->once);
  EXPECT_EQ(json::parse(question->body), json::parse(R"({
    "compare": [
      {"key": "L2EveA==", "target": "MOD", "result": "EQUAL", "mod_revision": "0"},
      {"key": "L2Eveg==", "target": "MOD", "result": "EQUAL", "mod_revision": "3"}],
    "success": [
      {"request_put": {"key": "L2EveA==", "value": "AP8=", "lease": "5"}},
      {"request_delete_range": {"key": "L2EveQ=="}}]})"));
}

TEST(EtcdMessages, WriteNothingOfASessionThatCannotBe) {
  for (const char* const session :
       {"x", "5x", "-5", "0", "99999999999999999999"}) {
    EXPECT_FALSE(etcd_write("", {{"x", "", session}}, {})) << session;
  }
}

TEST(EtcdMessages, RoundTimesToLiveUp) {
  const auto seconds = [](std::chrono::milliseconds time) {
    return json::parse(etcd_grant(time).body)["TTL"].get<std::string>();
  };
  EXPECT_EQ(seconds(0ms), "1");
  EXPECT_EQ(seconds(1000ms), "1");
  EXPECT_EQ(seconds(1001ms), "2");
}

TEST(EtcdMessages, KeepAnyPasswordAsItIs) {
  const std::string password = "a\"b\\c\n\x1f ü";
  const EtcdQuestion login =
      etcd_login("ro\"ot", {password.begin(), password.end()});
  const json body = json::parse(login.body);
  EXPECT_EQ(body["name"], "ro\"ot");
  EXPECT_EQ(body["password"], password);
}

TEST(EtcdMessages, ReadAPage) {
  const EtcdPage page = read_etcd_page(ok("{" + kHeader + R"(,"kvs":[
        {"key":"L2EveA==","mod_revision":"9","value":"AP8=","lease":"5"},
        {"key":"L2EveQ==","mod_revision":11}],"more":true,"count":"3"})"),
                                       "/a/");
  EXPECT_THAT(page.entries,
              ElementsAre(TreeEntry{"x", std::string("\0\xff", 2), 9},
                          TreeEntry{"y", "", 11}));
  EXPECT_EQ(page.revision, 12);
  EXPECT_EQ(page.cluster, "7");
  EXPECT_TRUE(page.has_more);
  EXPECT_FALSE(page.is_compacted);
}

TEST(EtcdMessages, ReadThatARevisionIsGone) {
  const EtcdPage page = read_etcd_page(
      {400,
       R"({"error":"etcdserver: mvcc: required revision has been compacted",)"
       R"("message":"etcdserver: mvcc: required revision has been compacted",)"
       R"("code":11})"},
      "");
  EXPECT_TRUE(page.is_compacted);
  const EtcdReply end = ok(R"({"result":{"header":{"cluster_id":"7"},)"
                           R"("canceled":true,"compact_revision":"3"}})");
  EXPECT_TRUE(read_etcd_watch(end, "").is_compacted);
}

TEST(EtcdMessages, ReadWhetherAWriteWasDone) {
  EXPECT_EQ(read_etcd_write(ok("{" + kHeader + R"(,"succeeded":true})")), 12);
  EXPECT_EQ(read_etcd_write(ok("{" + kHeader + "}")), std::nullopt);
  EXPECT_EQ(read_etcd_write(
                {404, R"({"error":"etcdserver: requested lease not found",)"
                      R"("message":"etcdserver: requested lease not found",)"
                      R"("code":5})"}),
            std::nullopt);
}

TEST(EtcdMessages, ReadWhatBecameOfALease) {
  EXPECT_EQ(read_etcd_grant(ok("{" + kHeader + R"(,"ID":"5","TTL":"2"})")),
            "5");
  EXPECT_EQ(failure_of([] {
              return read_etcd_grant(
                  ok("{" + kHeader + R"(,"error":"no room","TTL":"2"})"));
            }).kind(),
            ErrorKind::kUnavailable);
  EXPECT_TRUE(read_etcd_keep_alive(
      ok(R"({"result":{)" + kHeader + R"(,"ID":"5","TTL":"2"}})")));
  EXPECT_FALSE(
      read_etcd_keep_alive(ok(R"({"result":{)" + kHeader + R"(,"ID":"5"}})")));
  read_etcd_revoke(ok("{" + kHeader + "}"));
  read_etcd_revoke(
      {404, R"({"message":"etcdserver: requested lease not found","code":5})"});
}

TEST(EtcdMessages, ReadWhatAWatchIsTold) {
  const EtcdWatchMessage created = read_etcd_watch(
      ok(R"({"result":{)" + kHeader + R"(,"created":true}})"), "/a/");
  EXPECT_TRUE(created.is_created);
  EXPECT_EQ(created.revision, 12);
  EXPECT_EQ(created.cluster, "7");
  const EtcdWatchMessage message = read_etcd_watch(
      ok(R"({"result":{)" + kHeader + R"(,"fragment":true,"events":[
        {"kv":{"key":"L2EveA==","mod_revision":"9","value":"AP8="}},
        {"type":"PUT","kv":{"key":"L2EveQ==","mod_revision":"9"}},
        {"type":"DELETE","kv":{"key":"L2EveA==","mod_revision":"10"}}]}})"),
      "/a/");
  EXPECT_TRUE(message.is_fragment);
  EXPECT_THAT(
      message.changes,
      ElementsAre(TreeChange{"x", std::string("\0\xff", 2), 9},
                  TreeChange{"y", "", 9}, TreeChange{"x", std::nullopt, 10}));
}

TEST(EtcdMessages, ReadATokenOrThatNoneIsNeeded) {
  EXPECT_EQ(
      string_of(read_etcd_token(ok("{" + kHeader + R"(,"token":"abc.12"})"))),
      "abc.12");
  EXPECT_THAT(
      read_etcd_token(
          {412,
           R"({"message":"etcdserver: authentication is not enabled","code":9})"}),
      IsEmpty());
}

TEST(EtcdMessages, TakeNoTokenThatIsNoHeaderField) {
  for (const char* const token :
       {R"("")", R"("a\r\nHost: b")", R"("ü")", "5"}) {
    const Error error = failure_of([&] {
      return read_etcd_token(ok(std::string(R"({"token":)") + token + "}"));
    });
    EXPECT_EQ(error.kind(), ErrorKind::kUnavailable) << token;
  }
}

TEST(EtcdMessages, RepeatNothingOfWhatALoginWasAnswered) {
  const Error error = failure_of([] {
    return read_etcd_token({500, R"({"message":"not hunter2","code":13})"});
  });
  EXPECT_EQ(error.kind(), ErrorKind::kUnavailable);
  EXPECT_THAT(error.what(), AllOf(HasSubstr("500"), Not(HasSubstr("hunter2"))));
}

TEST(EtcdMessages, KnowWhenANewTokenMayHelp) {
  for (const char* const body :
       {R"({"error":"etcdserver: invalid auth token","code":16})",
        R"({"message":"etcdserver: user name is empty","code":3})",
        R"({"message":"etcdserver: revision of auth store is old","code":3})",
        R"({"error":{"grpc_code":16,"message":"whatever"}})",
        R"({"result":{"created":true,"canceled":true,)"
        R"("cancel_reason":"etcdserver: permission denied"}})"}) {
    const bool is_stream = std::string_view(body).starts_with(R"({"result)");
    EXPECT_TRUE(wants_new_etcd_token({is_stream ? 200 : 401, body})) << body;
  }
  EXPECT_FALSE(wants_new_etcd_token(
      {403, R"({"message":"etcdserver: permission denied","code":7})"}));
  EXPECT_FALSE(wants_new_etcd_token(ok("{" + kHeader + "}")));
  EXPECT_FALSE(wants_new_etcd_token(ok("")));
}

using Reader = std::function<void(const EtcdReply&)>;

template <typename Read>
Reader reader(Read read) {
  return [read](const EtcdReply& reply) { static_cast<void>(read(reply)); };
}

// Those of answers that are not empty.
std::vector<Reader> strict_readers() {
  return {
      reader([](const EtcdReply& reply) { return read_etcd_page(reply, ""); }),
      reader(read_etcd_write), reader(read_etcd_grant),
      reader(
          [](const EtcdReply& reply) { return read_etcd_watch(reply, ""); })};
}

std::vector<Reader> all_readers() {
  std::vector<Reader> readers = strict_readers();
  readers.push_back(reader(read_etcd_keep_alive));
  readers.emplace_back(read_etcd_revoke);
  return readers;
}

struct Refusal {
  int status;
  const char* body;
  ErrorKind kind;
  const char* advice;
};

TEST(EtcdMessages, SayWhatToDoAboutARefusal) {
  for (
      const Refusal& refusal : std::vector<Refusal>{
          {403, R"({"message":"etcdserver: permission denied","code":7})",
           ErrorKind::kPermanent, "grant-permission"},
          {400, R"({"message":"etcdserver: user name is empty","code":3})",
           ErrorKind::kPermanent, "name a user"},
          {401, R"({"message":"etcdserver: invalid auth token","code":16})",
           ErrorKind::kPermanent, "check the user"},
          {400, R"({"message":"etcdserver: request is too large","code":3})",
           ErrorKind::kPermanent, "--max-request-bytes"},
          {400, R"({"message":"etcdserver: duplicate key given","code":3})",
           ErrorKind::kPermanent, "duplicate key"},
          {429,
           R"({"message":"etcdserver: mvcc: database space exceeded","code":8})",
           ErrorKind::kUnavailable, "NOSPACE"},
          {503, R"({"message":"etcdserver: no leader","code":14})",
           ErrorKind::kUnavailable, "no leader"},
          {503, R"({"code":14,"message":"etcdserver: no leader","details":[]})",
           ErrorKind::kUnavailable, "no leader"},
          {404, "Not Found", ErrorKind::kUnavailable, "--enable-grpc-gateway"},
          {502, "<html>", ErrorKind::kUnavailable, "HTTP 502"},
          {200, R"({"error":{"grpc_code":14,"message":"etcd stops"}})",
           ErrorKind::kUnavailable, "etcd stops"}}) {
    for (const Reader& read : all_readers()) {
      const Error error = failure_of([&] {
        read({refusal.status, refusal.body});
      });
      EXPECT_EQ(error.kind(), refusal.kind) << refusal.body;
      EXPECT_THAT(error.what(), HasSubstr(refusal.advice));
    }
  }
}

TEST(EtcdMessages, TakeNothingThatIsMalformed) {
  for (const char* const body :
       {"",
        "null",
        "[]",
        "5",
        "\"x\"",
        "{",
        "{}",
        "{\"header\":5}",
        R"({"header":{}})",
        R"({"header":{"revision":"x"}})",
        R"({"header":{"revision":"-1"}})",
        R"({"header":{"revision":"99999999999999999999"}})",
        R"({"header":{"revision":99999999999999999999}})",
        R"({"header":{"revision":18446744073709551615}})",
        R"({"header":{"revision":1.5}})",
        R"({"header":{"revision":[]}})",
        R"({"result":5})",
        R"({"result":{}})",
        R"({"ID":"0"})",
        R"({"ID":{}})",
        R"({"ID":"1e5"})",
        R"({"error":5,"result":5})"}) {
    for (const Reader& read : strict_readers()) {
      EXPECT_EQ(failure_of([&] { read(ok(body)); }).kind(),
                ErrorKind::kUnavailable)
          << body;
    }
  }
}

TEST(EtcdMessages, TakeNoEntryThatIsMalformed) {
  for (const char* const pair :
       {"5", "{}", R"({"key":5,"mod_revision":"1"})",
        R"({"key":"Yg==","mod_revision":"1"})",  // not of the prefix
        R"({"key":"YQ=","mod_revision":"1"})",
        R"({"key":"YQ","mod_revision":"1"})", R"({"key":"YQ=="})",
        R"({"key":"YQ==","mod_revision":"0"})",
        R"({"key":"YQ==","mod_revision":"1","value":"-_=="})",
        R"({"key":"YQ==","mod_revision":"1","value":[]})"}) {
    const std::string list = "[" + std::string(pair) + "]";
    EXPECT_EQ(failure_of([&] {
                return read_etcd_page(
                    ok("{" + kHeader + R"(,"kvs":)" + list + "}"), "a");
              }).kind(),
              ErrorKind::kUnavailable)
        << pair;
    EXPECT_EQ(failure_of([&] {
                return read_etcd_watch(
                    ok(R"({"result":{)" + kHeader + R"(,"events":[{"kv":)" +
                       pair + "}]}}"),
                    "a");
              }).kind(),
              ErrorKind::kUnavailable)
        << pair;
  }
}

}  // namespace
}  // namespace acme
