// SPDX-License-Identifier: BSD-2-Clause
// Every way in which a CA can fail a step of an order, and what becomes of it:
// the right kind of error, nothing left behind, and success once it is over.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/unit/engine/order_flow_fixture.h"

namespace acme {
namespace {

// The steps of an order that go to the CA.
struct Step {
  std::string name;
  Resource resource;
};

const std::array kSteps{Step{"NewOrder", Resource::kNewOrder},
                        Step{"Authorization", Resource::kAuthorization},
                        Step{"Challenge", Resource::kChallenge},
                        Step{"Order", Resource::kOrder},
                        Step{"Finalize", Resource::kFinalize},
                        Step{"Certificate", Resource::kCertificate}};

// One thing that goes wrong.
struct Misbehaviour {
  std::string name;
  ScriptedCa::Fault fault;
  /// What the flow ends with; nullopt: it gets over it by itself.
  std::optional<ErrorKind> kind;
  /// What the log line must tell.
  std::string message;
  /// When the CA wants to be asked again, after now.
  std::optional<std::chrono::seconds> retry_after = std::nullopt;
};

Misbehaviour problem(const std::string& type, ErrorKind kind,
                     int status = 403) {
  return {type, ScriptedCa::problem(status, type, "details of " + type), kind,
          "details of " + type + " (" + type + ")"};
}

// RFC 8555 section 6.7, all of it, and what travels without a problem document.
std::vector<Misbehaviour> misbehaviours() {
  using enum ErrorKind;
  std::vector<Misbehaviour> all{
      problem("accountDoesNotExist", kTransient, 400),
      problem("alreadyRevoked", kPermanent, 400),
      problem("badCSR", kPermanent, 400),
      problem("badPublicKey", kPermanent, 400),
      problem("badRevocationReason", kPermanent, 400),
      problem("badSignatureAlgorithm", kPermanent, 400),
      problem("caa", kPermanent),
      problem("compound", kPermanent),
      problem("connection", kTransient, 400),
      problem("dns", kTransient, 400),
      problem("externalAccountRequired", kConfiguration),
      problem("incorrectResponse", kTransient),
      problem("invalidContact", kPermanent, 400),
      problem("malformed", kPermanent, 400),
      problem("orderNotReady", kTransient),
      problem("rateLimited", kRateLimited, 429),
      problem("rejectedIdentifier", kPermanent),
      problem("serverInternal", kTransient, 400),
      problem("tls", kTransient, 400),
      problem("unauthorized", kTransient),
      problem("unsupportedContact", kPermanent, 400),
      problem("unsupportedIdentifier", kPermanent, 400),
      problem("userActionRequired", kConfiguration),
      problem("somethingNew", kPermanent),
  };
  all.push_back({"badNonce", ScriptedCa::problem(400, "badNonce", "old nonce"),
                 std::nullopt, ""});
  all.push_back({"RateLimitedForSeconds",
                 ScriptedCa::problem(429, "rateLimited", "too many", "120"),
                 kRateLimited, "too many", 120s});
  all.push_back({"RateLimitedUntilADate",
                 ScriptedCa::problem(429, "rateLimited", "too many",
                                     "Thu, 01 Jan 2026 05:00:00 GMT"),
                 kRateLimited, "too many", 5h});
  all.push_back(
      {"RateLimitedForACentury",
       ScriptedCa::problem(429, "rateLimited", "too many", "3155760000"),
       kRateLimited, "too many", 24h});
  all.push_back({"RateLimitedUntilThePast",
                 ScriptedCa::problem(429, "rateLimited", "too many",
                                     "Sun, 06 Nov 1994 08:49:37 GMT"),
                 kRateLimited, "too many", 0s});
  all.push_back({"Overloaded",
                 ScriptedCa::problem(503, "rateLimited", "busy", "600"),
                 kUnavailable, "HTTP 503", 600s});
  all.push_back({"TooManyWithoutADocument", ScriptedCa::body(429, ""),
                 kUnavailable, "HTTP 429"});
  all.push_back({"InternalError", ScriptedCa::body(500, "<html>oops</html>"),
                 kUnavailable, "HTTP 500"});
  all.push_back({"NotFound", ScriptedCa::body(404, "<html>no</html>"),
                 kPermanent, "HTTP 404"});
  all.push_back({"NoAnswer", ScriptedCa::no_answer(), kUnavailable,
                 "no answer from https://ca.example"});
  return all;
}

// Bodies of a successful answer that are none. A certificate is another matter.
std::vector<Misbehaviour> malformed_bodies() {
  std::vector<Misbehaviour> all;
  const std::map<std::string, std::string> bodies{
      {"Empty", ""},
      {"Html", "<html>Welcome to the hotel</html>"},
      {"CutJson", R"({"status":"valid","identif)"},
      {"Null", "null"},
      {"Array", "[]"},
      {"Number", "1e400"},
      {"EmptyObject", "{}"},
      {"WrongTypes",
       R"({"status":7,"identifiers":"x","authorizations":{},"finalize":[]})"},
      {"WrongStatus",
       R"({"status":"great","identifiers":[],"authorizations":[],)"
       R"("finalize":"https://ca.example/f","challenges":[]})"},
      {"UrlOfAnotherScheme", R"({"status":"pending","identifiers":[],)"
                             R"("authorizations":["file:///etc/passwd"],)"
                             R"("finalize":"http://ca.example/f"})"},
      {"DeeplyNested", std::string(100'000, '[')},
      {"BadUtf8", "{\"status\":\"\xff\xfe\"}"}};
  for (const auto& [name, text] : bodies) {
    all.push_back({"Body" + name,
                   [text = text](const HttpRequest&) {
                     HttpResponse response;
                     response.status = 200;
                     response.body = text;
                     response.headers.emplace("location",
                                              "https://ca.example/order/0");
                     return response;
                   },
                   ErrorKind::kTransient, "the CA's answer from"});
  }
  return all;
}

class MisbehavingCa : public OrderFlowTest {
 protected:
  // What a certificate's renewal goes through.
  void meet(const Step& step, const Misbehaviour& misbehaviour) {
    SCOPED_TRACE(step.name + ", " + misbehaviour.name);
    ca_.fail_next(step.resource, misbehaviour.fault);
    TimePoint failed_at;
    try {
      static_cast<void>(obtain());
      EXPECT_FALSE(misbehaviour.kind) << "a certificate was issued";
      store_.remove_order(spec_.storage_name());
      return;
    } catch (const Error& error) {
      failed_at = clock_.now();
      ASSERT_TRUE(misbehaviour.kind) << error.what();
      EXPECT_EQ(error.kind(), *misbehaviour.kind) << error.what();
      EXPECT_THAT(error.what(), testing::HasSubstr(misbehaviour.message));
      if (misbehaviour.retry_after) {
        EXPECT_NEAR(
            std::chrono::duration<double>(*error.retry_at() - failed_at)
                .count(),
            std::chrono::duration<double>(*misbehaviour.retry_after).count(),
            60);
      }
    }
    EXPECT_EQ(publisher_.live_challenges(), 0U);
    // Once it is over: the order goes on, or a new one is opened.
    const unsigned orders = ca_.count(Resource::kNewOrder);
    EXPECT_TRUE(obtain().chain.covers(spec_.identifiers));
    EXPECT_LE(ca_.count(Resource::kNewOrder), orders + 1);
    store_.remove_order(spec_.storage_name());
  }
};

TEST_F(MisbehavingCa, FailsAnyStepByAnyProblem) {
  for (const Step& step : kSteps) {
    for (const Misbehaviour& misbehaviour : misbehaviours()) {
      meet(step, misbehaviour);
    }
  }
}

TEST_F(MisbehavingCa, AnswersAnyStepByAnythingButWhatWasAsked) {
  for (const Step& step : kSteps) {
    // What it answers to a challenge is not looked at, only the authorization.
    if (step.resource == Resource::kChallenge ||
        step.resource == Resource::kCertificate) {
      continue;
    }
    for (const Misbehaviour& misbehaviour : malformed_bodies()) {
      meet(step, misbehaviour);
    }
  }
}

TEST_F(MisbehavingCa, SendsAnythingButACertificate) {
  for (const std::string& text :
       {std::string(), std::string("<html>"), std::string("{}"),
        std::string("-----BEGIN CERTIFICATE-----\nAAAA\n"
                    "-----END CERTIFICATE-----\n"),
        PrivateKey::generate(KeyType::kEcdsa256).jwk()}) {
    meet(kSteps.back(), {"Text", ScriptedCa::body(200, text),
                         ErrorKind::kTransient, "not a certificate chain"});
  }
}

TEST_F(MisbehavingCa, SendsACertificateForAnotherKey) {
  ca_.issue_wrongly(PrivateKey::generate(KeyType::kEcdsa256),
                    {"www.example.com"});
  EXPECT_THROW(static_cast<void>(obtain()), Error);
  EXPECT_FALSE(store_.load_order(spec_.storage_name()).value);
}

TEST_F(MisbehavingCa, ChangesThePlacesOfItsResources) {
  // A URL on another host is the CA's own business; one without TLS is not.
  ca_.fail_next(Resource::kDirectory,
                ScriptedCa::body(200, R"({"newNonce":"http://ca/n",)"
                                      R"("newAccount":"https://ca/a",)"
                                      R"("newOrder":"https://ca/o"})"));
  Client fresh(ca_, clock_, std::string(ScriptedCa::kDirectoryUrl),
               PrivateKey::generate(KeyType::kEcdsa256));
  EXPECT_THROW(fresh.new_account({}, {}), Error);
}

}  // namespace
}  // namespace acme
