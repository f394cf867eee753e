// SPDX-License-Identifier: BSD-2-Clause
// A running engine and the responder of its CA.
#include "acme_core/engine/staple_keeper.h"

#include <gtest/gtest.h>
#include <openssl/ocsp.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/test_ocsp.h"
#include "tests/unit/engine/engine_fixture.h"

namespace acme {
namespace {

// Says what the test wants of the certificate that is served.
class FakeResponder final : public HttpClient {
 public:
  FakeResponder(const Clock& clock, const RecordingPublisher& publisher,
                const TestCa& ca)
      : clock_(clock), publisher_(publisher), ca_(ca) {}

  HttpResponse send(const HttpRequest& request, std::stop_token) override {
    const std::lock_guard lock(mutex_);
    ++asked_;
    if (is_down_) {
      throw Error(ErrorKind::kUnavailable, "no answer from " + request.url);
    }
    HttpResponse response;
    response.status = 200;
    const auto bytes =
        make_status(publisher_.certificate(0)->chain.to_pem(),
                    {.status = status_,
                     .reason = status_ == V_OCSP_CERTSTATUS_REVOKED
                                   ? OCSP_REVOKED_STATUS_KEYCOMPROMISE
                                   : -1,
                     .this_update = clock_.now(),
                     .next_update = clock_.now() + lifetime_},
                    signer().intermediate_pem(), signer().intermediate_key());
    response.body.assign(bytes.begin(), bytes.end());
    return response;
  }

  void say(int status) {
    set([&] { status_ = status; });
  }
  void be_down(bool down) {
    set([&] { is_down_ = down; });
  }
  void sign_wrongly(bool wrongly) {
    set([&] { is_foreign_ = wrongly; });
  }
  [[nodiscard]] unsigned asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  template <typename Change>
  void set(Change change) {
    const std::lock_guard lock(mutex_);
    change();
  }

  const Clock& clock_;
  const RecordingPublisher& publisher_;
  [[nodiscard]] const TestCa& signer() const {
    return is_foreign_ ? other_ca_ : ca_;
  }

  const TestCa& ca_;
  const TestCa other_ca_;
  mutable std::mutex mutex_;
  int status_ = V_OCSP_CERTSTATUS_GOOD;
  bool is_down_ = false;
  bool is_foreign_ = false;
  std::chrono::milliseconds lifetime_ = 4 * 24h;
  unsigned asked_ = 0;
};

class Staple : public EngineTest {
 protected:
  Staple() {
    plan_.certificates[0].stapling = Stapling{"http://ocsp.example", {}};
  }

  void start() {
    EngineEnvironment environment = EngineTest::environment();
    environment.connect_to_responder = [this](const IssuerSpec&) {
      return std::make_unique<BorrowedHttpClient>(responder_);
    };
    engine_ = std::make_unique<Engine>(plan_, environment);
    engine_->start();
    settle_all();
  }
  void restart() {
    engine_.reset();
    start();
  }
  // One thread orders, the other staples. What one has for the other, it has
  // seen in the first round; what that has for the first, in the second.
  void settle_all() {
    clock_.wait_for_new_waiters(2);
    clock_.wait_for_new_waiters(2);
  }
  void pass(std::chrono::milliseconds duration) {
    const TimePoint until = clock_.now() + duration;
    for (int i = 0; i < 10 && clock_.now() + 1s < until; ++i) {
      clock_.advance(1s);
      settle_all();
    }
    clock_.set(until);
    settle_all();
    for (int i = 0; i < 10; ++i) {
      clock_.advance(100ms);
      settle_all();
    }
  }
  // In steps that nobody sleeps through.
  void pass_in_steps(std::chrono::milliseconds duration,
                     std::chrono::milliseconds step) {
    for (auto passed = 0ms; passed < duration; passed += step) {
      clock_.advance(step);
      settle_all();
    }
  }

  [[nodiscard]] std::optional<OcspAnswer> shown() const {
    const auto staple = publisher_.staple(0);
    const auto served = publisher_.certificate(0);
    if (!staple || !served) {
      return std::nullopt;
    }
    return OcspQuestion::about(served->chain)
        ->read(staple->response, clock_.now())
        .answer;
  }
  [[nodiscard]] std::vector<std::uint8_t> stored() {
    return FileStore(files_).load_staple(plan_.certificates[0].storage_name());
  }

  FakeResponder responder_{clock_, publisher_, ca_.authority()};
};

TEST_F(Staple, IsShownAndStoredSoonAfterThePairIsServed) {
  start();
  pass(10s);
  ASSERT_TRUE(shown());
  EXPECT_EQ(shown()->status, OcspStatus::kGood);
  EXPECT_EQ(stored(), publisher_.staple(0)->response);
  EXPECT_EQ(responder_.asked(), 1U);
  EXPECT_EQ(logger_.count_from(LogLevel::kWarn), 0U);
}

TEST_F(Staple, IsFetchedAgainAtHalfOfItsTime) {
  start();
  pass(10s);
  const TimePoint first = shown()->this_update;
  pass(47h);
  EXPECT_EQ(responder_.asked(), 1U);
  pass(2h);
  EXPECT_EQ(responder_.asked(), 2U);
  EXPECT_GT(shown()->this_update, first);
}

TEST_F(Staple, IsNotAskedForWhenTheStoredOneIsFresh) {
  start();
  pass(10s);
  const auto before = publisher_.staple(0)->response;
  publisher_.put_certificate(0, *publisher_.certificate(0));  // a new zone
  ASSERT_FALSE(publisher_.staple(0));
  restart();
  pass(10s);
  ASSERT_TRUE(shown());
  EXPECT_EQ(publisher_.staple(0)->response, before);
  EXPECT_EQ(responder_.asked(), 1U);
}

TEST_F(Staple, StaysUntilItsEndWhenTheResponderIsDown) {
  start();
  pass(10s);
  const auto last = publisher_.staple(0)->response;
  responder_.be_down(true);
  pass_in_steps(72h, 1min);
  ASSERT_TRUE(shown());
  EXPECT_EQ(publisher_.staple(0)->response, last);
  EXPECT_TRUE(logger_.contains(
      "no status response: no answer from http://ocsp.example"));
  EXPECT_TRUE(logger_.contains("clients are shown the last one until"));
  EXPECT_EQ(logger_.count_from(LogLevel::kWarn), 1U) << "one line an outage";
  // 1 min, doubling to an hour: no more than a question an hour.
  EXPECT_LE(responder_.asked(), 1U + 6U + 25U);
  responder_.be_down(false);
  pass_in_steps(2h, 1min);
  EXPECT_NE(publisher_.staple(0)->response, last);
  EXPECT_TRUE(logger_.contains("answers again"));
}

TEST_F(Staple, OfAnotherSignerIsNotShown) {
  responder_.sign_wrongly(true);
  start();
  pass(10s);
  EXPECT_FALSE(publisher_.staple(0));
  EXPECT_TRUE(stored().empty());
  pass_in_steps(10min, 10s);
  EXPECT_TRUE(
      logger_.contains("it is not signed for the certificate's issuer"));
  EXPECT_EQ(logger_.count_from(LogLevel::kWarn), 1U);
  EXPECT_EQ(logger_.count_from(LogLevel::kError), 0U);
}

TEST_F(Staple, ThatMustBeShownAndIsNotIsAnError) {
  plan_.issuers[0].must_staple = true;
  responder_.say(V_OCSP_CERTSTATUS_UNKNOWN);
  start();
  pass_in_steps(10min, 10s);
  EXPECT_TRUE(logger_.contains("it does not know the certificate"));
  EXPECT_EQ(logger_.count_from(LogLevel::kError), 1U);
}

TEST_F(Staple, OfTheOldPairNeverGoesWithTheNewOne) {
  start();
  pass(10s);
  responder_.be_down(true);
  pass(61 * 24h);
  EXPECT_EQ(publisher_.serial(0), "02");
  EXPECT_FALSE(publisher_.staple(0));
  responder_.be_down(false);
  pass_in_steps(2h, 1min);
  ASSERT_TRUE(shown());
  EXPECT_EQ(stored(), publisher_.staple(0)->response);
}

TEST_F(Staple, ThatSaysRevokedRenewsAtOnceWithAnotherKey) {
  plan_.issuers[0].reuse_key = true;
  start();
  pass(10s);
  const std::string first = publisher_.certificate(0)->key.jwk();
  responder_.say(V_OCSP_CERTSTATUS_REVOKED);
  clock_.advance(49h);
  settle_all();
  responder_.say(V_OCSP_CERTSTATUS_GOOD);
  pass(10s);
  EXPECT_TRUE(
      logger_.contains("the CA has revoked the certificate "
                       "(keyCompromise) as of 2026-01-03T"));
  EXPECT_EQ(publisher_.serial(0), "02");
  EXPECT_NE(publisher_.certificate(0)->key.jwk(), first);
  ASSERT_TRUE(shown());
  EXPECT_EQ(shown()->status, OcspStatus::kGood);
  EXPECT_EQ(logger_.count_from(LogLevel::kWarn), 1U);
}

TEST_F(Staple, ThatAlwaysSaysRevokedDoesNotRenewForEver) {
  responder_.say(V_OCSP_CERTSTATUS_REVOKED);
  start();
  pass_in_steps(24h, 1min);
  // At once, after six hours and after twelve.
  EXPECT_GE(ca_.count(Resource::kNewOrder), 2U);
  EXPECT_LE(ca_.count(Resource::kNewOrder), 5U);
}

TEST_F(Staple, ThatSaysRevokedIsHeardOfAgainAfterARestart) {
  start();
  pass(10s);
  ca_.fail_always(Resource::kNewOrder,
                  ScriptedCa::problem(403, "unauthorized", "no"));
  responder_.say(V_OCSP_CERTSTATUS_REVOKED);
  clock_.advance(49h);
  settle_all();
  EXPECT_TRUE(stored().empty());
  const unsigned asked = responder_.asked();
  publisher_.put_certificate(0, *publisher_.certificate(0));  // a new zone
  restart();
  EXPECT_EQ(responder_.asked(), asked + 1);
}

TEST_F(Staple, IsNoneForACertificateWithoutResponderAndNoLineEither) {
  plan_.certificates[0].stapling = Stapling{};
  start();
  pass(10s);
  EXPECT_EQ(publisher_.serial(0), "01");
  EXPECT_FALSE(publisher_.staple(0));
  EXPECT_EQ(responder_.asked(), 0U);
  for (const auto& line : logger_.lines()) {
    EXPECT_TRUE(line.level == LogLevel::kDebug ||
                line.text.find("status response") == std::string::npos)
        << line.text;
  }
}

TEST_F(Staple, IsNotAskedForUnlessItIsToBeShown) {
  plan_.certificates[0].stapling.reset();
  engine_ = std::make_unique<Engine>(plan_, environment());
  engine_->start();
  clock_.wait_for_waiters(1);
  EXPECT_EQ(responder_.asked(), 0U);
}

}  // namespace
}  // namespace acme
