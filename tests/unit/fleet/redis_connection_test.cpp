// SPDX-License-Identifier: BSD-2-Clause
// Replies of Redis, and of what is none.
#include "acme_core/fleet/redis_connection.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "acme_core/env/descriptor.h"
#include "tests/support/failure_of.h"
#include "tests/support/redis_server.h"

namespace acme {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using testing::HasSubstr;

// Says what a test wants it to, as soon as it was asked something.
class TalkingServer {
 public:
  class Guest {
   public:
    Guest(int connection, int stop) : connection_(connection), stop_(stop) {}

    // False when the guest has gone, or the test is over.
    bool say(std::string_view bytes) const {
      return send(connection_, bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0;
    }
    // False when the test is over.
    [[nodiscard]] bool pause(std::chrono::milliseconds length) const {
      pollfd polled{stop_, POLLIN, 0};
      return poll(&polled, 1, static_cast<int>(length.count())) == 0;
    }

   private:
    int connection_;
    int stop_;
  };
  using Talk = std::function<void(const Guest&)>;

  explicit TalkingServer(Talk talk)
      : talk_(std::move(talk)),
        stop_(eventfd(0, EFD_CLOEXEC)),
        listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    if (bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) !=
            0 ||
        listen(listener_.get(), 1) != 0 ||
        getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address),
                    &size) != 0) {
      throw std::runtime_error("cannot listen");
    }
    port_ = std::to_string(ntohs(address.sin_port));
    thread_ = std::jthread([this] { serve(); });
  }
  ~TalkingServer() {
    eventfd_write(stop_.get(), 1);
    shutdown(listener_.get(), SHUT_RDWR);
  }
  TalkingServer(const TalkingServer&) = delete;
  TalkingServer& operator=(const TalkingServer&) = delete;

  [[nodiscard]] const std::string& port() const { return port_; }

 private:
  void serve() {
    const Descriptor connection(accept(listener_.get(), nullptr, nullptr));
    std::array<char, 4096> buffer{};
    if (recv(connection.get(), buffer.data(), buffer.size(), 0) > 0) {
      talk_(Guest(connection.get(), stop_.get()));
    }
  }

  const Talk talk_;
  const Descriptor stop_;
  const Descriptor listener_;
  std::string port_;
  std::jthread thread_;
};

class RedisConnectionTest : public testing::Test {
 protected:
  RedisReply ask(const TalkingServer& server,
                 std::chrono::milliseconds longest = 60s,
                 std::stop_token stop = {}) {
    const IoWait wait(longest, std::move(stop));
    RedisConnection connection(
        ByteStream({"127.0.0.1", server.port()}, resolver_, wait), "peer");
    return connection.require({"PING"}, wait);
  }

  // What it says of a server that answers so and closes the connection.
  std::string words_for(const std::string& answer) {
    const TalkingServer server(
        [&](const TalkingServer::Guest& guest) { guest.say(answer); });
    const Error error = failure_of([&] { return ask(server); });
    EXPECT_EQ(error.kind(), ErrorKind::kUnavailable) << answer;
    return error.what();
  }

  SystemClock clock_;
  HostResolver resolver_{{.servers = {}}, clock_};
};

TEST_F(RedisConnectionTest, ReadsRepliesOfAllKinds) {
  const TalkingServer server([](const TalkingServer::Guest& guest) {
    guest.say("*6\r\n$-1\r\n:-5\r\n+OK\r\n$3\r\na\0b\r\n*0\r\n-ERR no\r\n"s);
  });
  const RedisReply reply = ask(server);
  const RedisReply::List& list = reply.list(6);
  EXPECT_TRUE(list[0].is_nil());
  EXPECT_EQ(list[1].integer(), -5);
  EXPECT_EQ(list[2].text(), "OK");
  EXPECT_EQ(list[3].text(), "a\0b"s);
  EXPECT_TRUE(list[4].list().empty());
  EXPECT_EQ(list[5].refusal()->text, "ERR no");
  EXPECT_EQ(failure_of([&] { return list[1].text(); }).kind(),
            ErrorKind::kUnavailable);
  EXPECT_EQ(failure_of([&] { return list[2].number(); }).kind(),
            ErrorKind::kUnavailable);
  EXPECT_EQ(failure_of([&] { return reply.list(7); }).kind(),
            ErrorKind::kUnavailable);
}

TEST_F(RedisConnectionTest, TakesNothingElseForAReply) {
  EXPECT_THAT(words_for("HTTP/1.1 400 Bad Request\r\n\r\n"),
              HasSubstr("does not speak as Redis does"));
  EXPECT_THAT(words_for("\x15\x03\x03"), HasSubstr("does not speak"));
  EXPECT_THAT(words_for("$5\r\nab"), HasSubstr("closed the connection"));
  EXPECT_THAT(words_for("*2000000000\r\n"), HasSubstr("does not speak"));
  EXPECT_THAT(words_for("*1000001\r\n"), HasSubstr("does not speak"));
  EXPECT_THAT(words_for("$-9\r\n"), HasSubstr("does not speak"));
  std::string nested;
  for (int i = 0; i < 100; ++i) {
    nested += "*1\r\n";
  }
  EXPECT_THAT(words_for(nested), HasSubstr("does not speak"));
}

TEST_F(RedisConnectionTest, TakesNoReplyThatIsTooLarge) {
  const TalkingServer server([](const TalkingServer::Guest& guest) {
    const std::string piece(1 << 20U, 'x');
    guest.say("$999999999\r\n");
    while (guest.say(piece)) {
    }
  });
  EXPECT_THAT(failure_of([&] { return ask(server); }).what(),
              HasSubstr("more than 64 MiB"));
}

TEST_F(RedisConnectionTest, TakesNoReplyBeforeItHasAsked) {
  const TalkingServer server([](const TalkingServer::Guest& guest) {
    guest.say("+OK\r\n+OK\r\n");
    static_cast<void>(guest.pause(60s));
  });
  const IoWait wait(60s, {});
  RedisConnection connection(
      ByteStream({"127.0.0.1", server.port()}, resolver_, wait), "peer");
  EXPECT_EQ(connection.require({"PING"}, wait).text(), "OK");
  EXPECT_THAT(
      failure_of([&] { return connection.require({"PING"}, wait); }).what(),
      HasSubstr("a reply to no command"));
}

TEST_F(RedisConnectionTest, WaitsForTricklingBytesNoLongerThanForOthers) {
  const TalkingServer server([](const TalkingServer::Guest& guest) {
    guest.say("$1000\r\n");
    while (guest.pause(20ms) && guest.say("x")) {
    }
  });
  EXPECT_THAT(failure_of([&] { return ask(server, 300ms); }).what(),
              HasSubstr("no answer within 300 ms"));
}

TEST_F(RedisConnectionTest, StopsWhileItWaits) {
  std::stop_source stop;
  const TalkingServer server([&](const TalkingServer::Guest& guest) {
    stop.request_stop();
    static_cast<void>(guest.pause(60s));
  });
  EXPECT_EQ(
      failure_of([&] { return ask(server, 60s, stop.get_token()); }).kind(),
      ErrorKind::kStopped);
}

TEST_F(RedisConnectionTest, SaysWhatItCannotConnectTo) {
  const IoWait wait(60s, {});
  const auto connect = [&](const std::string& host, const std::string& port) {
    return failure_of([&] {
      return ByteStream({host, port}, resolver_, wait);
    });
  };
  EXPECT_THAT(connect("127.0.0.1", RedisServer::free_port()).what(),
              HasSubstr("refused"));
  EXPECT_THAT(connect("no-such-host.invalid", "1").what(),
              HasSubstr("cannot find the address of \"no-such-host.invalid\""));
}

TEST_F(RedisConnectionTest, KnowsWhichRefusalsPass) {
  const auto kind_of = [](const std::string& text) {
    return error_of(RedisRefusal{text}).kind();
  };
  for (const char* text :
       {"READONLY You can't write against a read only replica.",
        "LOADING Redis is loading the dataset in memory",
        "OOM command not allowed when used memory > 'maxmemory'.",
        "MISCONF Redis is configured to save RDB snapshots, but …",
        "MASTERDOWN Link with MASTER is down",
        "ERR max number of clients reached",
        "ERR Error running script (call to f_1): @user_script:9: "
        "@user_script: 9: -READONLY You can't write against a read only "
        "replica. ",
        "ERR Error running script (call to f_1): @user_script:9: "
        "@user_script: 9: -OOM command not allowed"}) {
    EXPECT_EQ(kind_of(text), ErrorKind::kUnavailable) << text;
  }
  for (const char* text :
       {"NOAUTH Authentication required.", "WRONGPASS invalid username",
        "NOPERM this user has no permissions", "DENIED Redis is running in",
        "MOVED 3999 127.0.0.1:6381", "ERR unknown command", "", "ERR"}) {
    EXPECT_EQ(kind_of(text), ErrorKind::kPermanent) << text;
  }
  EXPECT_THAT(
      error_of(RedisRefusal{"ERR \x1b[31m\r\n" + std::string(10'000, 'x')})
          .what(),
      testing::MatchesRegex("it says \"ERR ..31m..x{200,400}\""));
}

TEST_F(RedisConnectionTest, SendsAnyBytesToARealServer) {
  if (const std::string why = RedisServer::missing(); !why.empty()) {
    GTEST_SKIP() << why;
  }
  const RedisServer server;
  const std::string bytes("\0\xff\r\n$5 \"", 8);
  EXPECT_EQ(server.ask({"ECHO", bytes}).text(), bytes);
  EXPECT_EQ(server.ask({"ECHO", ""}).text(), "");
}

}  // namespace
}  // namespace acme
