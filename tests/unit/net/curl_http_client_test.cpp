// SPDX-License-Identifier: BSD-2-Clause
// The client against an https server that answers right or wrong.
#include "acme_core/net/curl_http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "acme_core/error.h"
#include "tests/support/http_test_server.h"
#include "tests/support/test_ca.h"

namespace acme {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using Then = HttpTestServer::Reply::Then;

// The loopback interface is reached without the proxies of who runs the tests.
class NoProxies : public testing::Environment {
 public:
  void SetUp() override { setenv("no_proxy", "*", 1); }
};
[[maybe_unused]] const auto* const no_proxies =
    testing::AddGlobalTestEnvironment(std::make_unique<NoProxies>().release());

// libcurl looks at the real clock.
constexpr TimePoint kLongAgo =
    std::chrono::sys_days(std::chrono::year(2001) / std::chrono::January / 1);
constexpr TimePoint kFarAhead =
    std::chrono::sys_days(std::chrono::year(2098) / std::chrono::January / 1);

HttpRequest get(const std::string& url) {
  HttpRequest request;
  request.url = url;
  return request;
}

HttpRequest post(const std::string& url, const std::string& body) {
  HttpRequest request;
  request.method = HttpRequest::Method::kPost;
  request.url = url;
  request.body = body;
  request.content_type = "application/jose+json";
  return request;
}

// The error of a request.
Error failure_of(const std::function<HttpResponse()>& send) {
  try {
    const HttpResponse response = send();
    ADD_FAILURE() << "got HTTP " << response.status << ": " << response.body;
  } catch (const Error& error) {
    return error;
  }
  return {ErrorKind::kConfiguration, ""};
}

Error failure_of(HttpClient& client, const HttpRequest& request) {
  return failure_of([&] { return client.send(request, {}); });
}

class CurlHttpClientTest : public testing::Test {
 protected:
  static HttpTestServer::Reply ok(std::string_view body = "hello",
                                  Then then = Then::kKeepOpen) {
    return {HttpTestServer::response("200 OK", "", body), then};
  }

  static HttpTestServer::Reply redirect(
      const std::string& location, const std::string& status = "302 Found") {
    return {HttpTestServer::response(status, "Location: " + location + "\r\n",
                                     "moved")};
  }

  // Serves a certificate for the names. The last server is also server().
  HttpTestServer& start(HttpTestServer::Script script,
                        const std::vector<std::string>& names = {"127.0.0.1",
                                                                 "localhost"}) {
    servers_.push_back(std::make_unique<HttpTestServer>(
        ca_.issue(identifiers_of(names), key_, kLongAgo, kFarAhead), key_,
        std::move(script)));
    return *servers_.back();
  }

  HttpTestServer& server() { return *servers_.back(); }

  CurlHttpClientOptions options() const {
    CurlHttpClientOptions result;
    result.user_agent = "ngx-acme-test/1.0";
    result.trusted_certificates = ca_.root_pem();
    return result;
  }

  CurlHttpClient& client() {
    if (!client_) {
      client_ = std::make_unique<CurlHttpClient>(options());
    }
    return *client_;
  }

  // Sends so many bytes of the response, from `first` on and fewer than `last`.
  void expect_refused_when_cut(const std::string& whole, std::size_t first,
                               std::size_t last) {
    for (const Then end : {Then::kClose, Then::kAbort}) {
      std::atomic<std::size_t> sent = whole.size();
      start([&](const auto&) {
        return HttpTestServer::Reply{whole.substr(0, sent), end};
      });
      EXPECT_EQ(client().send(get(server().url()), {}).status, 200);
      for (sent = first; sent < last; ++sent) {
        const Error error = failure_of(client(), get(server().url("/order/1")));
        EXPECT_EQ(error.kind(), ErrorKind::kUnavailable) << sent;
        EXPECT_THAT(error.what(), HasSubstr(server().url(""))) << sent;
      }
      servers_.pop_back();
    }
  }

  TestCa ca_;
  PrivateKey key_ = PrivateKey::generate(KeyType::kEcdsa256);
  std::vector<std::unique_ptr<HttpTestServer>> servers_;
  std::unique_ptr<CurlHttpClient> client_;
};

TEST_F(CurlHttpClientTest, GetsStatusBodyAndLowerCaseHeaders) {
  start([](const auto&) {
    return HttpTestServer::Reply{HttpTestServer::response(
        "418 I'm a teapot",
        "Replay-NONCE: abc\r\nRetry-After:  5 \t\r\nEmpty:\r\n", "short")};
  });
  const HttpResponse response = client().send(get(server().url("/dir")), {});
  EXPECT_EQ(response.status, 418);
  EXPECT_EQ(response.body, "short");
  EXPECT_EQ(response.header("replay-nonce"), "abc");
  EXPECT_EQ(response.header("retry-after"), "5");
  EXPECT_EQ(response.header("empty"), "");
  EXPECT_EQ(response.header("Replay-NONCE"), std::nullopt);
  EXPECT_EQ(response.headers.size(), 4U);
}

TEST_F(CurlHttpClientTest, KeepsEveryValueOfARepeatedHeaderInOrder) {
  start([](const auto&) {
    return HttpTestServer::Reply{HttpTestServer::response(
        "200 OK", "Link: <a>\r\nOther: x\r\nlink: <b>\r\nLINK: <c>\r\n", "")};
  });
  const HttpResponse response = client().send(get(server().url()), {});
  std::vector<std::string> links;
  const auto [first, last] = response.headers.equal_range("link");
  for (auto field = first; field != last; ++field) {
    links.push_back(field->second);
  }
  EXPECT_THAT(links, testing::ElementsAre("<a>", "<b>", "<c>"));
  EXPECT_EQ(response.header("link"), "<a>");
}

TEST_F(CurlHttpClientTest, TakesNoHeadersFromAnInterimResponse) {
  start([](const auto&) {
    return HttpTestServer::Reply{
        "HTTP/1.1 103 Early Hints\r\nReplay-Nonce: early\r\n\r\n" +
        HttpTestServer::response("200 OK", "Replay-Nonce: late\r\n", "body")};
  });
  const HttpResponse response = client().send(get(server().url()), {});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "body");
  EXPECT_EQ(response.headers.count("replay-nonce"), 1U);
  EXPECT_EQ(response.header("replay-nonce"), "late");
}

TEST_F(CurlHttpClientTest, SaysWhoItIsAndWhatItAccepts) {
  start([](const auto&) { return ok(); });
  HttpRequest request = get(server().url("/cert/1"));
  request.accept = "application/pem-certificate-chain";
  static_cast<void>(client().send(request, {}));
  const std::string head = server().requests().at(0).head;
  EXPECT_THAT(head, testing::StartsWith("GET /cert/1 HTTP/1.1\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nUser-Agent: ngx-acme-test/1.0\r\n"));
  EXPECT_THAT(head,
              HasSubstr("\r\nAccept: application/pem-certificate-chain\r\n"));
}

// libcurl would send "Accept: */*" by itself.
TEST_F(CurlHttpClientTest, SendsNoAcceptHeaderUnlessAsked) {
  start([](const auto&) { return ok(); });
  static_cast<void>(client().send(get(server().url()), {}));
  EXPECT_THAT(server().requests().at(0).head, Not(HasSubstr("\r\nAccept:")));
}

TEST_F(CurlHttpClientTest, AsksForHeadersOnlyWithHead) {
  start([](const auto&) {
    // The length of a body that HEAD never gets.
    return HttpTestServer::Reply{
        "HTTP/1.1 200 OK\r\nReplay-Nonce: abc\r\nContent-Length: 5\r\n\r\n"};
  });
  HttpRequest request = get(server().url("/nonce"));
  request.method = HttpRequest::Method::kHead;
  const HttpResponse response = client().send(request, {});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "");
  EXPECT_EQ(response.header("replay-nonce"), "abc");
  EXPECT_THAT(server().requests().at(0).head,
              testing::StartsWith("HEAD /nonce HTTP/1.1\r\n"));
}

TEST_F(CurlHttpClientTest, PostsTheBodyAtOnceWithItsType) {
  start([](const auto&) { return ok(); });
  // So large that libcurl would ask "Expect: 100-continue" by itself.
  std::string body(1500 * 1024, 'x');
  body.replace(0, 4, "a\0\r\n", 4);
  EXPECT_EQ(client().send(post(server().url("/order"), body), {}).body,
            "hello");
  const HttpTestServer::Request request = server().requests().at(0);
  EXPECT_EQ(request.body, body);
  EXPECT_THAT(
      request.head,
      AllOf(testing::StartsWith("POST /order HTTP/1.1\r\n"),
            HasSubstr("\r\nContent-Type: application/jose+json\r\n"),
            HasSubstr("\r\nUser-Agent: ngx-acme-test/1.0\r\n"),
            Not(HasSubstr("Expect")), Not(HasSubstr("x-www-form-urlencoded"))));
}

TEST_F(CurlHttpClientTest, PostsAnEmptyBody) {
  start([](const auto&) { return ok(); });
  EXPECT_EQ(client().send(post(server().url(), ""), {}).status, 200);
  EXPECT_THAT(server().requests().at(0).head,
              HasSubstr("\r\nContent-Length: 0\r\n"));
}

TEST_F(CurlHttpClientTest, ReadsABodyThatEndsWithTheConnection) {
  start([](const auto&) {
    return HttpTestServer::Reply{"HTTP/1.1 200 OK\r\n\r\nuntil the end",
                                 Then::kClose};
  });
  EXPECT_EQ(client().send(get(server().url()), {}).body, "until the end");
}

TEST_F(CurlHttpClientTest, RefusesABodyTruncatedAtAnyByte) {
  const std::string whole =
      HttpTestServer::response("200 OK", "A: b\r\n", "0123456789");
  expect_refused_when_cut(whole, whole.find("\r\n\r\n") + 4, whole.size());
}

// libcurl takes the end of the connection for the end of the header.
TEST_F(CurlHttpClientTest, RefusesAHeaderTruncatedAtAnyByte) {
  const std::string whole = HttpTestServer::response("200 OK", "A: b\r\n", "");
  expect_refused_when_cut(whole, 0, whole.size());
}

TEST_F(CurlHttpClientTest, RefusesATruncatedChunkedBody) {
  const std::string whole =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n";
  // Behind "0\r\n" only the end of the trailer is missing.
  std::atomic<std::size_t> sent = whole.size();
  start([&](const auto&) {
    return HttpTestServer::Reply{whole.substr(0, sent), Then::kClose};
  });
  EXPECT_EQ(client().send(get(server().url()), {}).body, "0123456789");
  for (sent = whole.find("5\r\n01234"); sent <= whole.rfind("0\r\n\r\n");
       ++sent) {
    EXPECT_EQ(failure_of(client(), get(server().url())).kind(),
              ErrorKind::kUnavailable)
        << sent;
  }
}

TEST_F(CurlHttpClientTest, RefusesWhatIsNotHttp) {
  for (const std::string bytes :
       {"<html>no header</html>\r\n\r\n", "SSH-2.0-OpenSSH\r\n",
        "HTTP/1.1 abc\r\n\r\n", "HTTP/9.9 200 OK\r\n\r\n"}) {
    start([&](const auto&) {
      return HttpTestServer::Reply{bytes, Then::kClose};
    });
    EXPECT_EQ(failure_of(client(), get(server().url())).kind(),
              ErrorKind::kUnavailable)
        << bytes;
  }
}

TEST_F(CurlHttpClientTest, NamesTheOriginThatRefusesConnections) {
  std::string url;
  {
    const HttpTestServer& gone = start([](const auto&) { return ok(); });
    url = gone.url();
    servers_.clear();
  }
  const Error error = failure_of(client(), get(url + "secret/path"));
  EXPECT_EQ(error.kind(), ErrorKind::kUnavailable);
  EXPECT_THAT(error.what(), AllOf(HasSubstr(url.substr(0, url.size() - 1)),
                                  Not(HasSubstr("secret")),
                                  Not(HasSubstr("ssl_trusted_certificate"))));
}

TEST_F(CurlHttpClientTest, SaysThatANameIsUnknown) {
  const Error error = failure_of(client(), get("https://name.invalid/dir"));
  EXPECT_EQ(error.kind(), ErrorKind::kUnavailable);
  EXPECT_THAT(error.what(), HasSubstr("https://name.invalid"));
}

TEST_F(CurlHttpClientTest, RefusesUrlsThatAreNotHttps) {
  start([](const auto&) { return ok(); });
  const std::string plain = "http" + server().url().substr(5);
  for (const std::string& url : {plain, std::string("ftp://127.0.0.1/"),
                                 std::string("file:///etc/hosts"),
                                 std::string("nonsense:"), std::string()}) {
    EXPECT_EQ(failure_of(client(), get(url)).kind(), ErrorKind::kUnavailable)
        << url;
  }
  EXPECT_EQ(server().accepted(), 0U);
}

TEST_F(CurlHttpClientTest, NamesTheDirectiveForARootThatIsNotTrusted) {
  start([](const auto&) { return ok(); });
  CurlHttpClientOptions other_root = options();
  other_root.trusted_certificates =
      self_signed(identifiers_of({"other.example"}), key_, kLongAgo, kFarAhead);
  CurlHttpClientOptions system_roots = options();
  system_roots.trusted_certificates.clear();
  for (const CurlHttpClientOptions& distrusting : {other_root, system_roots}) {
    CurlHttpClient wary(distrusting);
    const Error error = failure_of(wary, get(server().url("/dir")));
    EXPECT_EQ(error.kind(), ErrorKind::kUnavailable);
    EXPECT_THAT(error.what(), AllOf(HasSubstr(server().url("")),
                                    HasSubstr("\"ssl_trusted_certificate\"")));
  }
  EXPECT_TRUE(server().requests().empty());
}

// A private CA that was set up anew under its old name: libcurl calls it
// CURLE_SSL_CONNECT_ERROR.
TEST_F(CurlHttpClientTest, NamesTheDirectiveForARootWithTheNameOfATrustedOne) {
  start([](const auto&) { return ok(); });
  CurlHttpClientOptions outdated = options();
  outdated.trusted_certificates = TestCa().root_pem();
  CurlHttpClient wary(outdated);
  const Error error = failure_of(wary, get(server().url("/dir")));
  EXPECT_EQ(error.kind(), ErrorKind::kUnavailable);
  EXPECT_THAT(error.what(), HasSubstr("\"ssl_trusted_certificate\""));
}

TEST_F(CurlHttpClientTest, RefusesACertificateForAnotherName) {
  start([](const auto&) { return ok(); }, {"ca.example.org", "127.0.0.2"});
  EXPECT_EQ(failure_of(client(), post(server().url(), "secret")).kind(),
            ErrorKind::kUnavailable);
  EXPECT_TRUE(server().requests().empty());
}

TEST_F(CurlHttpClientTest, RefusesAnExpiredCertificate) {
  servers_.push_back(std::make_unique<HttpTestServer>(
      ca_.issue(identifiers_of({"127.0.0.1"}), key_, kLongAgo,
                kLongAgo + std::chrono::days(90)),
      key_, [](const auto&) { return ok(); }));
  EXPECT_EQ(failure_of(client(), get(server().url())).kind(),
            ErrorKind::kUnavailable);
  EXPECT_TRUE(server().requests().empty());
}

TEST_F(CurlHttpClientTest, AcceptsAnyCertificateWhenToldNotToVerify) {
  CurlHttpClientOptions careless = options();
  careless.verify_peer = false;
  careless.trusted_certificates.clear();
  CurlHttpClient trusting(careless);
  start([](const auto&) { return ok(); }, {"ca.example.org"});
  EXPECT_EQ(trusting.send(get(server().url()), {}).body, "hello");
}

TEST_F(CurlHttpClientTest, ReadsABodyOfTheLimitAndRefusesOneByteMore) {
  std::atomic<std::size_t> size = 0;
  start([&](const auto&) { return ok(std::string(size, 'x')); });
  CurlHttpClientOptions small = options();
  small.response_limit = 64 * 1024;
  CurlHttpClient limited(small);
  size = small.response_limit;
  EXPECT_EQ(limited.send(get(server().url()), {}).body.size(),
            small.response_limit);
  size = small.response_limit + 1;
  const Error error = failure_of(limited, get(server().url()));
  EXPECT_EQ(error.kind(), ErrorKind::kUnavailable);
  EXPECT_THAT(error.what(),
              AllOf(HasSubstr(server().url("")), HasSubstr("64k")));
}

TEST_F(CurlHttpClientTest, RefusesAFloodOfHeaders) {
  std::atomic<std::size_t> count = 0;
  start([&](const auto&) {
    std::string fields;
    for (std::size_t i = 0; i < count; ++i) {
      fields +=
          "Field-" + std::to_string(i) + ": " + std::string(1000, 'x') + "\r\n";
    }
    return HttpTestServer::Reply{
        HttpTestServer::response("200 OK", fields, "")};
  });
  count = 50;
  EXPECT_GE(client().send(get(server().url()), {}).headers.size(), 50U);
  count = 100;
  EXPECT_EQ(failure_of(client(), get(server().url())).kind(),
            ErrorKind::kUnavailable);
}

TEST_F(CurlHttpClientTest, FollowsRedirectsOfGetAndHeadAndForgetsTheirAnswers) {
  for (const auto method :
       {HttpRequest::Method::kGet, HttpRequest::Method::kHead}) {
    start([](const HttpTestServer::Request& request) {
      return request.path() == "/old"
                 ? HttpTestServer::Reply{"HTTP/1.1 301 Moved\r\n"
                                         "Location: /new\r\n"
                                         "Replay-Nonce: old\r\n"
                                         "Content-Length: 0\r\n\r\n"}
                 : HttpTestServer::Reply{"HTTP/1.1 200 OK\r\n"
                                         "Replay-Nonce: new\r\n"
                                         "Content-Length: 0\r\n\r\n"};
    });
    HttpRequest request = get(server().url("/old"));
    request.method = method;
    const HttpResponse response = client().send(request, {});
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.header("replay-nonce"), "new");
    EXPECT_EQ(response.header("location"), std::nullopt);
    EXPECT_EQ(response.headers.count("replay-nonce"), 1U);
    ASSERT_EQ(server().requests().size(), 2U);
    EXPECT_EQ(server().requests()[1].path(), "/new");
  }
}

TEST_F(CurlHttpClientTest, ReadsTheBodyBehindARedirectOnly) {
  HttpTestServer& target = start([](const auto&) { return ok("there"); });
  start([&](const auto&) { return redirect(target.url("/dir")); });
  EXPECT_EQ(client().send(get(server().url()), {}).body, "there");
  EXPECT_EQ(target.requests().size(), 1U);
}

TEST_F(CurlHttpClientTest, HandsARedirectOfAPostToItsCaller) {
  for (const char* const status : {"301 Moved", "302 Found", "303 See Other",
                                   "307 Temporary", "308 Permanent"}) {
    start([&](const auto&) { return redirect("/elsewhere", status); });
    const HttpResponse response =
        client().send(post(server().url("/order"), "signed"), {});
    EXPECT_EQ(response.status, std::stoi(status));
    EXPECT_EQ(response.header("location"), "/elsewhere");
    EXPECT_EQ(server().requests().size(), 1U);
  }
}

TEST_F(CurlHttpClientTest, FollowsFiveRedirectsAndNoMore) {
  std::atomic<int> left = 0;
  start([&](const auto&) { return left-- > 0 ? redirect("/again") : ok(); });
  left = 5;
  EXPECT_EQ(client().send(get(server().url()), {}).body, "hello");
  EXPECT_EQ(server().requests().size(), 6U);
  left = 1000;
  EXPECT_EQ(failure_of(client(), get(server().url())).kind(),
            ErrorKind::kUnavailable);
  EXPECT_EQ(server().requests().size(), 12U);
}

TEST_F(CurlHttpClientTest, FollowsNoRedirectAwayFromHttps) {
  HttpTestServer& target = start([](const auto&) { return ok(); });
  for (const std::string& location :
       {"http" + target.url().substr(5), std::string("ftp://127.0.0.1/"),
        std::string("file:///etc/hosts")}) {
    start([&](const auto&) { return redirect(location); });
    EXPECT_EQ(failure_of(client(), get(server().url())).kind(),
              ErrorKind::kUnavailable)
        << location;
  }
  EXPECT_EQ(target.accepted(), 0U);
}

TEST_F(CurlHttpClientTest, TrustsNobodyMoreBehindARedirect) {
  HttpTestServer& target =
      start([](const auto&) { return ok(); }, {"ca.example.org"});
  start([&](const auto&) { return redirect(target.url()); });
  EXPECT_EQ(failure_of(client(), get(server().url())).kind(),
            ErrorKind::kUnavailable);
  EXPECT_TRUE(target.requests().empty());
}

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

}  // namespace
}  // namespace acme
