// SPDX-License-Identifier: BSD-2-Clause
// Time-outs, stop requests, and connections that are used again.
#include "tests/unit/net/curl_client_fixture.h"

namespace acme {
namespace {

TEST_F(CurlHttpClientTest, ReturnsAtOnceWhenStoppedDuringAStalledResponse) {
  // Nothing, half a header, half a body.
  for (const char* const bytes :
       {"", "HTTP/1.1 200 O",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"}) {
    start([&](const auto&) {
      return HttpTestServer::Reply{bytes, Then::kStall};
    });
    std::stop_source stop;
    auto sending = std::async(std::launch::async, [&] {
      return failure_of(
          [&] { return client().send(get(server().url()), stop.get_token()); });
    });
    server().wait_for_answers(1);
    const auto begin = std::chrono::steady_clock::now();
    stop.request_stop();
    EXPECT_EQ(sending.get().kind(), ErrorKind::kStopped);
    // Generous for a busy machine; the loop's own timer is at a minute.
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 20s);
    server().wait_for_disconnect();
  }
}

TEST_F(CurlHttpClientTest, SendsNothingWhenStoppedBefore) {
  start([](const auto&) { return HttpTestServer::Reply{"", Then::kStall}; });
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(failure_of([&] {
              return client().send(get(server().url()), stop.get_token());
            }).kind(),
            ErrorKind::kStopped);
}

TEST_F(CurlHttpClientTest, WaitsForAnAnswerThatHasGraceWhenStopped) {
  std::promise<void> asked;
  std::promise<void> may_answer;
  start([&](const auto&) {
    asked.set_value();
    may_answer.get_future().wait();
    return ok();
  });
  HttpRequest request = get(server().url());
  request.grace = 1min;
  std::stop_source stop;
  auto sending = std::async(std::launch::async, [&] {
    return client().send(request, stop.get_token());
  });
  asked.get_future().wait();
  stop.request_stop();
  may_answer.set_value();
  EXPECT_EQ(sending.get().body, "hello");
}

TEST_F(CurlHttpClientTest, StopsARequestWhenItsGraceIsOver) {
  start([](const auto&) { return HttpTestServer::Reply{"", Then::kStall}; });
  HttpRequest request = get(server().url());
  request.grace = 10ms;
  std::stop_source stop;
  auto sending = std::async(std::launch::async, [&] {
    return failure_of([&] { return client().send(request, stop.get_token()); });
  });
  server().wait_for_answers(1);
  stop.request_stop();
  EXPECT_EQ(sending.get().kind(), ErrorKind::kStopped);
}

// A reload could otherwise have the CA open an order that nobody hears of. The
// connection is there already: sending would take no time.
TEST_F(CurlHttpClientTest, SendsNothingOnceItWasStopped) {
  start([](const auto&) { return ok(); });
  static_cast<void>(client().send(get(server().url("/before")), {}));
  HttpRequest request = get(server().url("/stopped"));
  request.grace = 10min;
  std::stop_source stop;
  stop.request_stop();
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(failure_of([&] {
                return client().send(request, stop.get_token());
              }).kind(),
              ErrorKind::kStopped);
  }
  static_cast<void>(client().send(get(server().url("/after")), {}));
  EXPECT_EQ(server().requests().size(), 2U);
}

TEST_F(CurlHttpClientTest, StopsOneRequestAndServesTheOthers) {
  start([](const HttpTestServer::Request& request) {
    return request.path() == "/stall" ? HttpTestServer::Reply{"", Then::kStall}
                                      : ok();
  });
  std::stop_source stop;
  auto sending = std::async(std::launch::async, [&] {
    return failure_of([&] {
      return client().send(get(server().url("/stall")), stop.get_token());
    });
  });
  server().wait_for_answers(1);
  EXPECT_EQ(client().send(get(server().url("/fast")), {}).body, "hello");
  stop.request_stop();
  EXPECT_EQ(sending.get().kind(), ErrorKind::kStopped);
  EXPECT_EQ(client().send(get(server().url("/fast")), {}).body, "hello");
}

TEST_F(CurlHttpClientTest, GivesUpAfterTheTotalTimeout) {
  CurlHttpClientOptions hasty = options();
  hasty.total_timeout = 100ms;
  CurlHttpClient impatient(hasty);
  start([](const auto&) {
    return HttpTestServer::Reply{
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab", Then::kStall};
  });
  const Error error = failure_of(impatient, get(server().url()));
  EXPECT_EQ(error.kind(), ErrorKind::kUnavailable);
  EXPECT_THAT(error.what(),
              AllOf(HasSubstr(server().url("")), HasSubstr("time")));
}

TEST_F(CurlHttpClientTest, ReusesItsConnectionForRequestsInARow) {
  start([](const auto&) { return ok(); });
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(client().send(post(server().url(), "x"), {}).body, "hello");
  }
  EXPECT_EQ(server().accepted(), 1U);
  EXPECT_EQ(server().requests().size(), 5U);
}

TEST_F(CurlHttpClientTest, OpensANewConnectionWhenTheServerClosedTheOldOne) {
  start([](const auto&) { return ok("hello", Then::kClose); });
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(client().send(get(server().url()), {}).body, "hello");
    server().wait_for_disconnect();
  }
  EXPECT_EQ(server().accepted(), 3U);
}

TEST_F(CurlHttpClientTest, GivesEachOfManyThreadsItsOwnAnswer) {
  start([](const HttpTestServer::Request& request) {
    return ok(std::string(request.path()) + request.body);
  });
  CurlHttpClient& shared = client();
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 8; ++thread) {
      threads.emplace_back([&, thread] {
        for (int i = 0; i < 10; ++i) {
          const std::string path =
              "/" + std::to_string(thread) + "/" + std::to_string(i);
          EXPECT_EQ(shared.send(post(server().url(path), " body"), {}).body,
                    path + " body");
        }
      });
    }
  }
  EXPECT_EQ(server().requests().size(), 80U);
}

TEST_F(CurlHttpClientTest, RunsRequestsOfSeveralThreadsAtTheSameTime) {
  // Each answer waits until all eight requests are there.
  constexpr unsigned kRequests = 8;
  std::promise<void> all_arrived;
  const std::shared_future<void> arrived = all_arrived.get_future().share();
  std::atomic<unsigned> count = 0;
  start([&](const auto&) {
    if (++count == kRequests) {
      all_arrived.set_value();
    }
    arrived.wait();
    return ok();
  });
  std::vector<std::future<HttpResponse>> sending;
  CurlHttpClient& shared = client();
  for (unsigned i = 0; i < kRequests; ++i) {
    sending.push_back(std::async(std::launch::async, [&] {
      return shared.send(get(server().url()), {});
    }));
  }
  for (auto& answer : sending) {
    EXPECT_EQ(answer.get().body, "hello");
  }
}

TEST_F(CurlHttpClientTest, EndsWithoutEverHavingSentAnything) {
  static_cast<void>(client());
  client_.reset();
}

TEST_F(CurlHttpClientTest, ClosesItsConnectionsWhenItEnds) {
  start([](const auto&) { return ok(); });
  static_cast<void>(client().send(get(server().url()), {}));
  client_.reset();
  server().wait_for_disconnect();
}

TEST_F(CurlHttpClientTest, EndsCleanlyWhenTheServerWentFirst) {
  start([](const auto&) { return ok(); });
  static_cast<void>(client().send(get(server().url()), {}));
  servers_.clear();
  // Says goodbye to a closed socket: SIGPIPE must not end the process.
  client_.reset();
}

TEST_F(CurlHttpClientTest, StopsWhatIsUnderWayWhenItEnds) {
  start([](const auto&) { return HttpTestServer::Reply{"", Then::kStall}; });
  CurlHttpClient& ending = client();
  std::vector<std::future<ErrorKind>> sending;
  for (int i = 0; i < 4; ++i) {
    sending.push_back(std::async(std::launch::async, [&] {
      return failure_of(ending, get(server().url())).kind();
    }));
  }
  server().wait_for_answers(4);
  client_.reset();
  for (auto& kind : sending) {
    EXPECT_EQ(kind.get(), ErrorKind::kStopped);
  }
}

TEST_F(CurlHttpClientTest, GoesOnWhenThereAreThreadsAgain) {
  start([](const auto&) { return ok(); });
  bool are_there_any = false;
  CurlHttpClientOptions scarce = options();
  scarce.start_thread = [&](ThreadBody body) {
    if (!are_there_any) {
      throw std::system_error(EAGAIN, std::generic_category());
    }
    return start_background_thread(std::move(body));
  };
  CurlHttpClient client(std::move(scarce));
  for (int i = 0; i < 2; ++i) {
    const Error error = failure_of(client, get(server().url()));
    EXPECT_EQ(error.kind(), ErrorKind::kOurs);
    EXPECT_THAT(error.what(), HasSubstr("TasksMax"));
  }
  are_there_any = true;
  EXPECT_EQ(client.send(get(server().url()), {}).body, "hello");
}

}  // namespace
}  // namespace acme
