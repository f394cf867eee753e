// SPDX-License-Identifier: BSD-2-Clause
// Whom the client connects to, and whom it believes.
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>
#include <thread>
#include <vector>

#include "acme_core/env/descriptor.h"
#include "tests/unit/net/curl_client_fixture.h"

namespace acme {
namespace {

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

TEST_F(CurlHttpClientTest, DoesNotDoubtARootWhenAConnectionIsReset) {
  const Descriptor listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(bind(listener.get(), generic, size), 0);
  ASSERT_EQ(listen(listener.get(), 1), 0);
  ASSERT_EQ(getsockname(listener.get(), generic, &size), 0);
  const std::jthread resetting([&] {
    const Descriptor connection(accept(listener.get(), nullptr, nullptr));
    char hello = 0;
    EXPECT_EQ(recv(connection.get(), &hello, 1, 0), 1);
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    setsockopt(connection.get(), SOL_SOCKET, SO_LINGER, &at_once,
               sizeof(at_once));
  });
  const Error error = failure_of(
      client(),
      get("https://127.0.0.1:" + std::to_string(ntohs(address.sin_port))));
  EXPECT_EQ(error.kind(), ErrorKind::kUnavailable);
  EXPECT_THAT(error.what(), AllOf(HasSubstr("reset"),
                                  Not(HasSubstr("ssl_trusted_certificate"))));
}

TEST_F(CurlHttpClientTest, RefusesACertificateForAnotherName) {
  start([](const auto&) { return ok(); }, {"ca.example.org", "127.0.0.2"});
  const Error error = failure_of(client(), post(server().url(), "secret"));
  EXPECT_EQ(error.kind(), ErrorKind::kUnavailable);
  // A root is not what is missing.
  EXPECT_THAT(error.what(),
              AllOf(HasSubstr("its certificate is for other host names"),
                    Not(HasSubstr("ssl_trusted_certificate"))));
  EXPECT_TRUE(server().requests().empty());
}

TEST_F(CurlHttpClientTest, RefusesAnExpiredCertificate) {
  servers_.push_back(std::make_unique<HttpTestServer>(
      ca_.issue(identifiers_of({"127.0.0.1"}), key_, kLongAgo,
                kLongAgo + std::chrono::days(90)),
      key_, [](const auto&) { return ok(); }));
  const Error error = failure_of(client(), get(server().url()));
  EXPECT_EQ(error.kind(), ErrorKind::kUnavailable);
  EXPECT_THAT(error.what(),
              AllOf(HasSubstr("expired"),
                    HasSubstr("by this machine's clock, which says 2"),
                    HasSubstr("check the clock"),
                    Not(HasSubstr("ssl_trusted_certificate"))));
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

class CarelessClient : public CurlHttpClientTest {
 protected:
  // What is told of the server's certificate after three requests.
  std::vector<std::string> told(bool knows_root,
                                const std::vector<std::string>& names) {
    CurlHttpClientOptions careless = options();
    careless.verify_peer = false;
    if (!knows_root) {
      careless.trusted_certificates.clear();
    }
    std::vector<std::string> lines;
    careless.tell_unverified = [&](const std::string& what) {
      lines.push_back(what);
    };
    CurlHttpClient trusting(careless);
    start([](const auto&) { return ok(); }, names);
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(trusting.send(get(server().url()), {}).body, "hello");
    }
    return lines;
  }
};

TEST_F(CarelessClient, TellsOnceOfARootThatIsNotTrusted) {
  const auto lines = told(false, {"127.0.0.1"});
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0],
              AllOf(HasSubstr("the certificate of https://127.0.0.1:"),
                    HasSubstr("would not verify: "),
                    HasSubstr("better name its root by "
                              "\"ssl_trusted_certificate\"")));
}

TEST_F(CarelessClient, TellsOfANameThatDoesNotMatchWithoutBlamingTheRoot) {
  const auto lines = told(true, {"ca.example.org"});
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0],
              AllOf(HasSubstr("would not verify: "), HasSubstr("127.0.0.1"),
                    Not(HasSubstr("ssl_trusted_certificate"))));
}

TEST_F(CarelessClient, SaysNothingOfACertificateThatVerifies) {
  EXPECT_TRUE(told(true, {"127.0.0.1"}).empty());
}

TEST_F(CurlHttpClientTest, SpeaksHttpWhereWhatIsSaidIsSigned) {
  CurlHttpClientOptions any = options();
  any.any_scheme = true;
  CurlHttpClient both(any);
  start([](const auto&) { return ok(); });
  EXPECT_EQ(both.send(get(server().url()), {}).body, "hello");
  // Nobody speaks it here, but it is tried: by a client that has no connection
  // yet, since libcurl goes on with one that is safer than what was asked for.
  CurlHttpClient other(any);
  EXPECT_THAT(failure_of(other, get("http" + server().url().substr(5))).what(),
              Not(HasSubstr("rotocol \"http\"")));
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

}  // namespace
}  // namespace acme
