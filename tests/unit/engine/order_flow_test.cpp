// SPDX-License-Identifier: BSD-2-Clause
// One order against a CA that misbehaves on request.
#include "acme_core/engine/order_flow.h"

#include <array>
#include <nlohmann/json.hpp>

#include "acme_core/crypto/base64url.h"
#include "acme_core/crypto/subject_names.h"
#include "tests/unit/engine/order_flow_fixture.h"

namespace acme {
namespace {

TEST_F(OrderFlowTest, GetsACertificateForEveryNameWithAKeyOfItsOwn) {
  const StoredCertificate certificate = obtain();
  EXPECT_TRUE(certificate.chain.covers(spec_.identifiers));
  EXPECT_TRUE(certificate.chain.matches(certificate.key));
  EXPECT_EQ(certificate.key.type(), KeyType::kEcdsa256);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
}

TEST_F(OrderFlowTest, AsksForTheFirstNameAsCommonNameOnlyWhenTold) {
  const auto requested_subject = [this] {
    static_cast<void>(obtain());
    const auto csr =
        base64url_decode(
            nlohmann::json::parse(ca_.payloads(Resource::kFinalize).back())
                .at("csr")
                .get<std::string>())
            .value();
    const unsigned char* position = csr.data();
    const X509ReqPtr request(
        d2i_X509_REQ(nullptr, &position, static_cast<long>(csr.size())));
    std::array<char, 256> name{};
    X509_NAME_oneline(X509_REQ_get_subject_name(request.get()), name.data(),
                      static_cast<int>(name.size()));
    return std::string(name.data());
  };
  EXPECT_EQ(requested_subject(), "");
  store_.remove_order(spec_.storage_name());
  issuer_.common_name_in_csr = true;
  EXPECT_EQ(requested_subject(), "/CN=www.example.com");
}

TEST_F(OrderFlowTest, AnswersEveryChallengeAndTakesTheAnswersAway) {
  static_cast<void>(obtain());
  EXPECT_EQ(most_live_, 2U);
  EXPECT_EQ(publisher_.live_challenges(), 0U);
}

TEST_F(OrderFlowTest, TakesTheAnswersAwayWhenItFails) {
  outlast_repeats(Resource::kChallenge, ScriptedCa::no_answer());
  EXPECT_EQ(failure().kind(), ErrorKind::kUnavailable);
  EXPECT_EQ(publisher_.live_challenges(), 0U);
}

TEST_F(OrderFlowTest, HasOrderAndKeyOnDiskBeforeTheCaIsAskedToFinalize) {
  bool stored = false;
  outlast_repeats(Resource::kFinalize, [&](const HttpRequest&) -> HttpResponse {
    stored = has_stored_order();
    throw Error(ErrorKind::kUnavailable, "connection lost");
  });
  EXPECT_EQ(failure().kind(), ErrorKind::kUnavailable);
  EXPECT_TRUE(stored);
}

TEST_F(OrderFlowTest, ResumesAnInterruptedOrderInsteadOfOpeningAnother) {
  for (const Resource resource :
       {Resource::kAuthorization, Resource::kChallenge, Resource::kFinalize,
        Resource::kCertificate}) {
    const unsigned orders = ca_.count(Resource::kNewOrder);
    outlast_repeats(resource, ScriptedCa::no_answer());
    EXPECT_EQ(failure().kind(), ErrorKind::kUnavailable);
    EXPECT_TRUE(obtain().chain.covers(spec_.identifiers));
    EXPECT_EQ(ca_.count(Resource::kNewOrder), orders + 1)
        << "interrupted at resource " << static_cast<int>(resource);
    store_.remove_order(spec_.storage_name());
  }
}

TEST_F(OrderFlowTest, OpensANewOrderAtOnceWhenTheResumedOneHasFailed) {
  outlast_repeats(Resource::kChallenge, ScriptedCa::no_answer());
  static_cast<void>(failure());
  // While nobody answers, the CA gives the order up.
  const auto invalid = ScriptedCa::body(
      200, R"({"status": "invalid", "identifiers": [], "authorizations": [],
               "finalize": "https://ca.example/finalize/0"})");
  ca_.fail_next(Resource::kOrder, invalid);

  EXPECT_TRUE(obtain().chain.covers(spec_.identifiers));
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 2U);
}

TEST_F(OrderFlowTest, OpensANewOrderWhenTheCaNoLongerKnowsTheStoredOne) {
  outlast_repeats(Resource::kFinalize, ScriptedCa::no_answer());
  static_cast<void>(failure());
  ca_.fail_next(Resource::kOrder, ScriptedCa::body(404, "not found"));

  EXPECT_TRUE(obtain().chain.covers(spec_.identifiers));
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 2U);
}

TEST_F(OrderFlowTest, KeepsTheStoredOrderWhileTheCaIsDown) {
  outlast_repeats(Resource::kFinalize, ScriptedCa::no_answer());
  static_cast<void>(failure());
  outlast_repeats(Resource::kOrder, ScriptedCa::body(503, "busy"));

  EXPECT_EQ(failure().kind(), ErrorKind::kUnavailable);
  EXPECT_TRUE(has_stored_order());
}

TEST_F(OrderFlowTest, DropsAStoredOrderForOtherNames) {
  outlast_repeats(Resource::kFinalize, ScriptedCa::no_answer());
  static_cast<void>(failure());
  const auto stored = store_.load_order(spec_.storage_name());
  store_.save_order(spec_.storage_name(),
                    {stored.value->order_url, identifiers_of({"example.com"}),
                     PrivateKey::generate(KeyType::kEcdsa256)});

  EXPECT_TRUE(obtain().chain.covers(spec_.identifiers));
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 2U);
}

TEST_F(OrderFlowTest, AnswersNothingWhenEveryNameIsAlreadyAuthorized) {
  ca_.start_with_valid_authorizations();
  EXPECT_TRUE(obtain().chain.covers(spec_.identifiers));
  EXPECT_EQ(ca_.count(Resource::kChallenge), 0U);
}

TEST_F(OrderFlowTest, GoesOnWhenTheCaHadValidatedBeforeTheResponse) {
  ca_.validate_before_the_response();
  EXPECT_TRUE(obtain().chain.covers(spec_.identifiers));
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
}

TEST_F(OrderFlowTest, WaitsWhileTheCaIsProcessing) {
  ca_.stay_processing(5);
  EXPECT_TRUE(obtain().chain.covers(spec_.identifiers));
  EXPECT_GE(ca_.count(Resource::kOrder), 5U);
}

TEST_F(OrderFlowTest, GivesUpPollingButNotTheOrderAfterAQuarterOfAnHour) {
  ca_.stay_processing(1'000'000);
  const TimePoint start = clock_.now();
  EXPECT_EQ(failure().kind(), ErrorKind::kLater);
  EXPECT_GE(clock_.now() - start, 15min);
  EXPECT_LT(clock_.now() - start, 16min);
  EXPECT_LT(ca_.count(Resource::kOrder), 100U);
  EXPECT_TRUE(has_stored_order());
}

TEST_F(OrderFlowTest, TakesALongRetryAfterForAHint) {
  ca_.stay_processing(1'000'000);
  ca_.fail_always(Resource::kOrder, [](const HttpRequest&) {
    HttpResponse response;
    response.status = 200;
    response.headers.emplace("retry-after", "3600");
    response.body =
        R"({"status": "processing", "identifiers": [], "authorizations": [],
            "finalize": "https://ca.example/finalize/0"})";
    return response;
  });
  const TimePoint start = clock_.now();
  const Error error = failure();
  EXPECT_EQ(error.kind(), ErrorKind::kLater);
  EXPECT_EQ(error.retry_at(), std::nullopt);
  EXPECT_LT(clock_.now() - start, 16min);
  EXPECT_LE(ca_.count(Resource::kOrder), 12U);
  EXPECT_TRUE(has_stored_order());
}

TEST_F(OrderFlowTest, SaysWhichNameTheCaCouldNotVerifyAndWhy) {
  ca_.validate_by([this](const std::string& token) {
    return token == "token-0-1" ? std::nullopt : publisher_.answer(token);
  });
  const Error error = failure();
  EXPECT_EQ(error.problem_type(), "unauthorized");
  EXPECT_NE(std::string(error.what()).find("\"example.com\""),
            std::string::npos);
  EXPECT_NE(std::string(error.what()).find("the key authorization was wrong"),
            std::string::npos);
  EXPECT_FALSE(has_stored_order());
}

TEST_F(OrderFlowTest, RefusesAnOrderForOtherNames) {
  ca_.fail_next(Resource::kNewOrder, [](const HttpRequest&) {
    HttpResponse response;
    response.status = 201;
    response.headers.emplace("location", "https://ca.example/order/0");
    response.body =
        R"({"status": "ready", "authorizations": [],
            "identifiers": [{"type": "dns", "value": "evil.example.com"}],
            "finalize": "https://ca.example/finalize/0"})";
    return response;
  });
  EXPECT_EQ(failure().kind(), ErrorKind::kPermanent);
  EXPECT_FALSE(has_stored_order());
}

TEST_F(OrderFlowTest, RefusesACertificateForAnotherKey) {
  ca_.issue_wrongly(PrivateKey::generate(KeyType::kEcdsa256),
                    {"www.example.com", "example.com"});
  const Error error = failure();
  EXPECT_EQ(error.kind(), ErrorKind::kPermanent);
  EXPECT_NE(std::string(error.what()).find("does not match"),
            std::string::npos);
  EXPECT_FALSE(has_stored_order());
}

TEST_F(OrderFlowTest, RefusesACertificateThatHasExpired) {
  ca_.issue_for(clock_.now() - 48h, clock_.now() - 24h);
  const Error error = failure();
  EXPECT_NE(std::string(error.what()).find("check the clock"),
            std::string::npos);
}

TEST_F(OrderFlowTest, RefusesWhatIsNoCertificate) {
  ca_.fail_next(Resource::kCertificate, ScriptedCa::body(200, "<html>"));
  EXPECT_EQ(failure().kind(), ErrorKind::kTransient);
  EXPECT_FALSE(has_stored_order());
}

}  // namespace
}  // namespace acme
