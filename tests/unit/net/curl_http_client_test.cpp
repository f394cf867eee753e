// SPDX-License-Identifier: BSD-2-Clause
// The client against an https server that answers right or wrong.
#include "tests/unit/net/curl_client_fixture.h"

namespace acme {
namespace {

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

TEST_F(CurlHttpClientTest, SendsTheFieldsOfARequest) {
  start([](const auto&) { return ok(); });
  constexpr std::string_view kSecret = "s3cr3t word";
  HttpRequest request = post(server().url(), "{}");
  request.fields.push_back(
      {"X-Api-Key", SecretBytes(kSecret.begin(), kSecret.end())});
  static_cast<void>(client().send(request, {}));
  EXPECT_THAT(server().requests().at(0).head,
              HasSubstr("\r\nX-Api-Key: s3cr3t word\r\n"));
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

}  // namespace
}  // namespace acme
