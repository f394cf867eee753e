// SPDX-License-Identifier: BSD-2-Clause
// A state directory that is full, fails, or is replaced while certificates are
// in service, and a machine whose clock is set back.
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "tests/support/temporary_directory.h"
#include "tests/unit/engine/engine_fixture.h"

namespace acme {
namespace {

class FailingDisk : public EngineTest {
 protected:
  // The order is stored; nothing after it is.
  void fail_at_validation() {
    ca_.validate_by([this](const std::string& token) {
      files_.crash_at_change(1);
      return publisher_.answer(token);
    });
  }

  [[nodiscard]] bool is_stored(FileSystem& files) const {
    return FileStore(files)
        .load_certificate(plan_.certificates[0].storage_name())
        .value.has_value();
  }
};

TEST_F(FailingDisk, CostsNoSecondOrderAndNoSecondDownload) {
  fail_at_validation();
  start();
  pass(10s);
  EXPECT_EQ(publisher_.serial(0), "01");
  EXPECT_FALSE(is_stored(files_));
  const unsigned orders_read = ca_.count(Resource::kOrder);

  files_.restart();
  pass(2min);
  EXPECT_TRUE(is_stored(files_));
  EXPECT_EQ(files_.list("orders"), std::vector<std::string>());
  EXPECT_EQ(record().issuer, "test");
  EXPECT_EQ(record().next_action, "renew");
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
  EXPECT_EQ(ca_.count(Resource::kCertificate), 1U);
  EXPECT_EQ(ca_.count(Resource::kOrder), orders_read);
}

TEST_F(FailingDisk, IsOneLineHoweverOftenItIsTried) {
  manage("api.example.com");
  fail_at_validation();
  start();
  pass(1h);
  EXPECT_EQ(logger_.count_from(LogLevel::kWarn), 1U);
  EXPECT_TRUE(logger_.contains("cannot be written"));

  ca_.validate_by(
      [this](const std::string& token) { return publisher_.answer(token); });
  files_.restart();
  pass(2min);
  EXPECT_EQ(logger_.count_of("takes what is written again"), 1U);
  EXPECT_EQ(logger_.count_from(LogLevel::kWarn), 1U);
  EXPECT_NE(publisher_.serial(1), "");
}

TEST_F(FailingDisk, IsNoReasonToOrderWhatTheReloadedProcessServes) {
  fail_at_validation();
  start();
  pass(10s);
  restart();
  pass(10min);
  EXPECT_EQ(publisher_.serial(0), "01");
  EXPECT_FALSE(is_stored(files_));

  files_.restart();
  pass(2min);
  EXPECT_TRUE(is_stored(files_));
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
}

TEST_F(FailingDisk, HealsWithinSecondsOfItsEnd) {
  files_.crash_at_change(1);
  start();
  pass(6h);
  EXPECT_EQ(ca_.count(Resource::kDirectory), 0U);

  files_.restart();
  pass(35s);
  EXPECT_NE(publisher_.serial(0), "");
}

TEST_F(FailingDisk, OfOneIssuerDoesNotHoldAnother) {
  plan_.issuers.push_back(plan_.issuers[0]);
  plan_.issuers[1].name = "backup";
  manage("api.example.com");
  plan_.certificates[1].issuers = {1};
  files_.crash_at_change(1);
  engine_ = std::make_unique<Engine>(plan_, environment());
  engine_->start();
  clock_.wait_for_waiters(2);
  for (int i = 0; i < 20; ++i) {
    clock_.advance(1s);
    clock_.wait_for_waiters(2);
  }
  EXPECT_EQ(publisher_.serial(0), "");
  EXPECT_NE(publisher_.serial(1), "");
}

TEST_F(FailingDisk, IsTriedAgainWhenOnlyThePairIsRefused) {
  start();
  pass(10s);
  engine_.reset();
  const std::string name = plan_.certificates[0].storage_name();
  files_.remove(name + ".crt");
  files_.remove(name + ".key");
  files_.fail_change(1);  // the directory takes everything else

  start();
  pass(1min);
  EXPECT_TRUE(is_stored(files_));
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
}

TEST_F(FailingDisk, GetsPairAndDocumentWhicheverWriteFails) {
  start();
  pass(10s);
  const std::string name = plan_.certificates[0].storage_name();
  std::size_t n = 0;
  do {
    engine_.reset();
    files_.restart();
    for (const char* const ending : {".crt", ".key", ".json"}) {
      files_.remove(name + ending);
    }
    files_.fail_change(++n);
    start();
    pass(1min);
    EXPECT_TRUE(is_stored(files_)) << n;
    EXPECT_TRUE(files_.read(name + ".json", 1 << 20).status ==
                ReadResult::Status::kOk)
        << n;
  } while (files_.was_hit());
  EXPECT_GT(n, 3U);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
}

TEST_F(FailingDisk, ThatIsReplacedGetsEverythingAgain) {
  const TemporaryDirectory parent;
  const std::filesystem::path state = parent.path() / "state";
  std::filesystem::create_directory(state);
  EngineEnvironment real = environment();
  real.open_state = [&](const IssuerSpec&) {
    return std::make_unique<FileStore>(
        std::make_unique<PosixFileSystem>(state.string()));
  };
  engine_ = std::make_unique<Engine>(plan_, real);
  engine_->start();
  settle();
  pass(10s);
  EXPECT_EQ(publisher_.serial(0), "01");

  std::filesystem::rename(state, parent.path() / "elsewhere");
  pass(1h);
  EXPECT_EQ(logger_.count_from(LogLevel::kWarn), 1U);
  EXPECT_TRUE(logger_.contains("cannot be written"));

  std::filesystem::create_directory(state);
  pass(1min);
  EXPECT_TRUE(logger_.contains("was removed or replaced"));
  PosixFileSystem files(state.string());
  EXPECT_TRUE(is_stored(files));
  EXPECT_TRUE(FileStore(files).load_account_key().value);
  EXPECT_TRUE(FileStore(files).load_account_url());

  engine_ = std::make_unique<Engine>(plan_, real);
  engine_->start();
  settle();
  pass(1h);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
  EXPECT_EQ(ca_.count(Resource::kAccount), 1U);
}

TEST_F(FailingDisk, ThatDamagedTheAccountsUrlDoesNotLoseTheAccount) {
  start();
  pass(10s);
  engine_.reset();
  manage("api.example.com");
  ca_.fail_next(Resource::kNewOrder,
                ScriptedCa::problem(400, "malformed", "no such URL of ours"));
  start();
  pass(10s);
  EXPECT_NE(publisher_.serial(1), "");
  EXPECT_EQ(ca_.count(Resource::kAccount), 2U);
  EXPECT_EQ(logger_.count_from(LogLevel::kWarn), 1U);

  // Whoever has found it takes the next refusal for what it is.
  pass(59 * 24h);
  ca_.fail_always(Resource::kNewOrder,
                  ScriptedCa::problem(400, "malformed", "not this way"));
  pass(2 * 24h);
  EXPECT_EQ(ca_.count(Resource::kAccount), 2U);
}

using WrongClock = EngineTest;

TEST_F(WrongClock, DoesNotPutOffForAYearWhatFailedMeanwhile) {
  ca_.fail_always(Resource::kDirectory, ScriptedCa::no_answer());
  clock_.advance(365 * 24h);
  start();
  pass(5min);
  EXPECT_EQ(publisher_.serial(0), "");

  ca_.heal();
  clock_.advance(-365 * 24h);
  while (!logger_.contains("clock was set back")) {
    std::this_thread::yield();  // nobody wakes the threads for that
  }
  pass(3min);
  EXPECT_NE(publisher_.serial(0), "");
}

TEST_F(WrongClock, SetBackALittleDoesNotFreezeWhatWaits) {
  files_.crash_at_change(1);
  start();
  EXPECT_EQ(publisher_.serial(0), "");

  clock_.step(-20s);
  files_.restart();
  pass(3s);
  EXPECT_NE(publisher_.serial(0), "");
}

TEST_F(WrongClock, LeavesWhatLooksExpiredInService) {
  start();
  pass(10s);
  engine_.reset();
  RecordingPublisher fresh;
  ca_.fail_always(Resource::kDirectory, ScriptedCa::no_answer());
  clock_.advance(365 * 24h);
  Engine engine(plan_, environment(fresh));
  engine.start();
  settle();
  pass(5min);
  EXPECT_EQ(fresh.serial(0), "01");
  EXPECT_EQ(logger_.count_of("expired by this machine's clock"), 1U);

  clock_.advance(-365 * 24h);
  ca_.heal();
  settle();
  pass(24h);
  EXPECT_EQ(fresh.serial(0), "01");
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
}

// A CA that somebody corrects the clock for before it hears of an order.
class CorrectedInTime final : public HttpClient {
 public:
  CorrectedInTime(HttpClient& ca, FakeClock& clock, TimePoint now)
      : ca_(ca), clock_(clock), now_(now) {}
  HttpResponse send(const HttpRequest& request, std::stop_token stop) override {
    if (request.url == ScriptedCa::kDirectoryUrl) {
      clock_.set(now_);
    }
    return ca_.send(request, std::move(stop));
  }

 private:
  HttpClient& ca_;
  FakeClock& clock_;
  TimePoint now_;
};

TEST_F(WrongClock, OrdersNothingByItOnceItIsCorrected) {
  start();
  pass(10s);
  engine_.reset();
  const TimePoint now = clock_.now();
  clock_.advance(365 * 24h);
  EngineEnvironment corrected = environment();
  corrected.connect = [this, now](const IssuerSpec&) {
    return std::make_unique<CorrectedInTime>(ca_, clock_, now);
  };
  engine_ = std::make_unique<Engine>(plan_, std::move(corrected));
  engine_->start();
  while (clock_.now() != now) {
    std::this_thread::yield();
  }
  settle();
  pass(24h);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
  EXPECT_EQ(files_.list("orders"), std::vector<std::string>());
  EXPECT_EQ(logger_.count_from(LogLevel::kError), 0U);
}

}  // namespace
}  // namespace acme
