// SPDX-License-Identifier: BSD-2-Clause
// How a status responder is asked.
#include "acme_core/engine/ocsp_exchange.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "acme_core/error.h"
#include "tests/support/fake_clock.h"

namespace acme {
namespace {

class Responder final : public HttpClient {
 public:
  using Answer = std::function<HttpResponse(const HttpRequest&)>;
  explicit Responder(Answer answer) : answer_(std::move(answer)) {}
  HttpResponse send(const HttpRequest& request, std::stop_token) override {
    asked.push_back(request);
    return answer_(request);
  }

  std::vector<HttpRequest> asked;

 private:
  Answer answer_;
};

HttpResponse status(int code) {
  HttpResponse response;
  response.status = code;
  return response;
}

class AskResponder : public testing::Test {
 protected:
  HttpResponse ask(Responder& responder, const std::string& url,
                   const std::vector<std::uint8_t>& request) {
    return ask_responder(responder, url, request, clock_, {});
  }
  FakeClock clock_;
};

// RFC 6960 appendix A.1.
TEST_F(AskResponder, PutsAShortQuestionIntoTheUrl) {
  Responder responder([](const HttpRequest&) { return status(200); });
  for (const char* url : {"http://ocsp.example", "http://ocsp.example/"}) {
    static_cast<void>(ask(responder, url, {0xfb, 0xff, 0xbf, 0x01}));
    EXPECT_EQ(responder.asked.back().method, HttpRequest::Method::kGet);
    EXPECT_EQ(responder.asked.back().url,
              "http://ocsp.example/%2B%2F%2B%2FAQ%3D%3D");
  }
}

TEST_F(AskResponder, PostsALongOne) {
  Responder responder([](const HttpRequest&) { return status(200); });
  static_cast<void>(ask(responder, "http://ocsp.example/x",
                        std::vector<std::uint8_t>(200, 7)));
  ASSERT_EQ(responder.asked.size(), 1U);
  EXPECT_EQ(responder.asked[0].method, HttpRequest::Method::kPost);
  EXPECT_EQ(responder.asked[0].url, "http://ocsp.example/x");
  EXPECT_EQ(responder.asked[0].body, std::string(200, 7));
  EXPECT_EQ(responder.asked[0].content_type, "application/ocsp-request");
}

TEST_F(AskResponder, PostsWhatIsRefusedAsGet) {
  Responder responder([](const HttpRequest& request) {
    return status(request.method == HttpRequest::Method::kPost ? 200 : 405);
  });
  EXPECT_EQ(ask(responder, "http://ocsp.example", {1}).status, 200);
  EXPECT_EQ(responder.asked.size(), 2U);
}

TEST_F(AskResponder, FailsWithTheStatusAndTheTimeToComeAgain) {
  Responder responder([](const HttpRequest&) {
    HttpResponse response = status(503);
    response.headers.emplace("retry-after", "120");
    return response;
  });
  try {
    static_cast<void>(ask(responder, "http://ocsp.example", {1}));
    FAIL() << "took it for an answer";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUnavailable);
    EXPECT_STREQ(error.what(),
                 "the responder http://ocsp.example answers with status 503");
    EXPECT_EQ(error.retry_at(), clock_.now() + std::chrono::seconds(120));
  }
  EXPECT_EQ(responder.asked.size(), 1U);
}

}  // namespace
}  // namespace acme
