// SPDX-License-Identifier: BSD-2-Clause
// Answers that do not end, requests that are sent once, and who we are.

#include <condition_variable>
#include <mutex>

#include "tests/unit/net/curl_client_fixture.h"

namespace acme {
namespace {

constexpr std::string_view kEndless =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    "4\r\none\n\r\n4\r\ntwo\n\r\n";

// What on_body got, for a test to wait for.
class Pieces {
 public:
  [[nodiscard]] std::function<bool(std::string_view)> taker() {
    return [this](std::string_view piece) {
      const std::lock_guard lock(mutex_);
      text_ += piece;
      changed_.notify_all();
      return true;
    };
  }
  void wait_for(const std::string& text) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return text_ == text; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
};

TEST_F(CurlHttpClientTest, HandsOverAnEndlessAnswerWhileItComes) {
  start([](const auto&) {
    return HttpTestServer::Reply{std::string(kEndless), Then::kStall};
  });
  Pieces pieces;
  HttpRequest request = post(server().url("/watch"), "{}");
  request.on_body = pieces.taker();
  std::stop_source stop;
  auto sending = std::async(std::launch::async, [&] {
    return failure_of([&] { return client().send(request, stop.get_token()); });
  });
  pieces.wait_for("one\ntwo\n");
  stop.request_stop();
  EXPECT_EQ(sending.get().kind(), ErrorKind::kStopped);
  server().wait_for_disconnect();
}

TEST_F(CurlHttpClientTest, EndsAnAnswerOfWhichEnoughWasHeard) {
  start([](const auto&) {
    return HttpTestServer::Reply{std::string(kEndless), Then::kStall};
  });
  HttpRequest request = get(server().url());
  request.on_body = [](std::string_view) { return false; };
  const HttpResponse response = client().send(request, {});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "");
  server().wait_for_disconnect();
}

TEST_F(CurlHttpClientTest, HandsOverTheBodyOfARefusal) {
  start([](const auto&) {
    return HttpTestServer::Reply{
        HttpTestServer::response("403 Forbidden", "", "no")};
  });
  Pieces pieces;
  HttpRequest request = get(server().url());
  request.on_body = pieces.taker();
  EXPECT_EQ(client().send(request, {}).status, 403);
  pieces.wait_for("no");
}

TEST_F(CurlHttpClientTest, SaysWhenAnEndlessAnswerBreaks) {
  start([](const auto&) {
    return HttpTestServer::Reply{std::string(kEndless), Then::kAbort};
  });
  Pieces pieces;
  HttpRequest request = get(server().url());
  request.on_body = pieces.taker();
  EXPECT_EQ(failure_of(client(), request).kind(), ErrorKind::kUnavailable);
  pieces.wait_for("one\ntwo\n");
}

TEST_F(CurlHttpClientTest, HasNoTimeLimitForAnEndlessAnswer) {
  CurlHttpClientOptions hasty = options();
  hasty.total_timeout = 100ms;
  CurlHttpClient impatient(hasty);
  start([](const HttpTestServer::Request& request) {
    return HttpTestServer::Reply{
        request.path() == "/watch" ? std::string(kEndless) : std::string(),
        Then::kStall};
  });
  Pieces pieces;
  HttpRequest request = get(server().url("/watch"));
  request.on_body = pieces.taker();
  std::stop_source stop;
  auto sending = std::async(std::launch::async, [&] {
    return failure_of(
        [&] { return impatient.send(request, stop.get_token()); });
  });
  pieces.wait_for("one\ntwo\n");
  // Begun later, it has its time behind it.
  EXPECT_EQ(failure_of(impatient, get(server().url("/slow"))).kind(),
            ErrorKind::kUnavailable);
  stop.request_stop();
  EXPECT_EQ(sending.get().kind(), ErrorKind::kStopped);
}

TEST_F(CurlHttpClientTest, StopsAnEndlessAnswerWhenItEnds) {
  start([](const auto&) {
    return HttpTestServer::Reply{std::string(kEndless), Then::kStall};
  });
  Pieces pieces;
  HttpRequest request = get(server().url());
  request.on_body = pieces.taker();
  CurlHttpClient& ending = client();
  auto sending = std::async(std::launch::async,
                            [&] { return failure_of(ending, request).kind(); });
  pieces.wait_for("one\ntwo\n");
  client_.reset();
  EXPECT_EQ(sending.get(), ErrorKind::kStopped);
}

TEST_F(CurlHttpClientTest, SendsOnlyOnceWhatMustNotBeSentTwice) {
  start([](const HttpTestServer::Request& request) {
    return request.path() == "/write" ? HttpTestServer::Reply{"", Then::kAbort}
                                      : ok();
  });
  // Leaves a connection to be used again.
  static_cast<void>(client().send(get(server().url("/read")), {}));
  HttpRequest request = post(server().url("/write"), "x");
  request.once = true;
  EXPECT_EQ(failure_of(client(), request).kind(), ErrorKind::kUnavailable);
  EXPECT_EQ(server().requests().size(), 2U);
  EXPECT_EQ(server().accepted(), 2U);
  // In contrast to others, which are sent again over a new connection.
  request.once = false;
  EXPECT_EQ(failure_of(client(), request).kind(), ErrorKind::kUnavailable);
  EXPECT_EQ(server().requests().size(), 4U);
}

TEST_F(CurlHttpClientTest, RefusesAKeyThatIsNotItsCertificates) {
  start([](const auto&) { return ok(); });
  CurlHttpClientOptions wrong = options();
  wrong.client_certificate =
      self_signed(identifiers_of({"client.example"}), key_);
  wrong.client_key = PrivateKey::generate(KeyType::kEcdsa256).to_pem();
  CurlHttpClient client(wrong);
  EXPECT_EQ(failure_of(client, get(server().url())).kind(),
            ErrorKind::kUnavailable);
  EXPECT_TRUE(server().requests().empty());
}

// HttpTestServer asks nobody who they are: the etcd tests show that a server
// does hear of it.
TEST_F(CurlHttpClientTest, HasItsCertificateAndKeyFromMemory) {
  start([](const auto&) { return ok(); });
  CurlHttpClientOptions known = options();
  known.client_certificate =
      self_signed(identifiers_of({"client.example"}), key_);
  known.client_key = key_.to_pem();
  known.http1_only = true;
  CurlHttpClient client(known);
  EXPECT_EQ(client.send(get(server().url()), {}).body, "hello");
}

}  // namespace
}  // namespace acme
