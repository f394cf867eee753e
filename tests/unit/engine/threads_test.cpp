// SPDX-License-Identifier: BSD-2-Clause
// A system that has no thread left, and exceptions that nobody expected.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <new>
#include <string>
#include <system_error>
#include <utility>

#include "acme_core/dns_record.h"
#include "tests/support/fake_dns.h"
#include "tests/unit/engine/engine_fixture.h"

namespace acme {
namespace {

class ScarceThreads : public EngineTest {
 protected:
  // From now on so many can be started.
  void start_with(int threads) {
    left_ = threads;
    EngineEnvironment scarce = environment();
    scarce.start_thread = [this](ThreadBody body) {
      if (left_-- <= 0) {
        throw std::system_error(EAGAIN, std::generic_category());
      }
      return start_background_thread(std::move(body));
    };
    prepare(scarce);
    engine_ = std::make_unique<Engine>(plan_, std::move(scarce));
    engine_->start();
  }

  virtual void prepare(EngineEnvironment&) {}

  std::atomic<int> left_ = 0;
};

TEST_F(ScarceThreads, OfWhichThereIsNoneAreStartedWhenThereAreSome) {
  start_with(0);
  EXPECT_EQ(logger_.count_of("cannot start a thread"), 1U);
  EXPECT_EQ(logger_.count_of("TasksMax"), 1U);
  EXPECT_TRUE(logger_.contains("nothing is ordered or renewed"));
  EXPECT_FALSE(engine_->start_missing_threads());
  EXPECT_FALSE(engine_->start_missing_threads());
  EXPECT_EQ(logger_.count_of("cannot start a thread"), 1U);

  left_ = 10;
  EXPECT_TRUE(engine_->start_missing_threads());
  settle();
  pass(10s);
  EXPECT_EQ(publisher_.serial(0), "01");
  EXPECT_EQ(logger_.count_of("all threads have been started"), 1U);
}

TEST_F(ScarceThreads, OfWhichThereIsNoneHoldUpNoExit) {
  start_with(0);
  EXPECT_TRUE(engine_->stop(0ms));
}

TEST_F(ScarceThreads, DoTheWorkOfAll) {
  for (int i = 0; i < 5; ++i) {
    manage("host" + std::to_string(i) + ".example.com");
  }
  start_with(1);
  clock_.wait_for_waiters(1);
  for (int i = 0; i < 30; ++i) {
    clock_.advance(1s);
    clock_.wait_for_waiters(1);
  }
  for (std::size_t i = 0; i < plan_.certificates.size(); ++i) {
    EXPECT_NE(publisher_.serial(i), "") << i;
  }
  EXPECT_EQ(logger_.count_of("cannot start a thread"), 1U);
  EXPECT_TRUE(logger_.contains("1 of 6 do the work"));

  // By who runs already, once there are some.
  left_ = 10;
  clock_.advance(10s);
  while (!logger_.contains("all threads have been started")) {
    clock_.advance(1s);
    clock_.wait_for_waiters(1);
  }
  EXPECT_TRUE(engine_->stop(10s));
}

// Removes nothing, but says that it was asked to.
class NotingProvider final : public DnsProvider {
 public:
  explicit NotingProvider(std::atomic<int>& removed) : removed_(removed) {}
  void present(const DnsRecord&, std::stop_token) override {}
  void cleanup(const DnsRecord&, std::stop_token) override { ++removed_; }

 private:
  std::atomic<int>& removed_;
};

class ScarceThreadsForLeftovers : public ScarceThreads {
 protected:
  void prepare(EngineEnvironment& environment) override {
    environment.make_dns_provider = [this](const DnsProviderSpec&,
                                           const DnsProviderContext&) {
      return std::make_unique<NotingProvider>(removed_);
    };
    environment.look_up_dns = [](const IssuerSpec&) {
      static FakeDnsProvider nothing;
      return std::make_unique<FakeDnsLookup>(nothing);
    };
  }

  std::atomic<int> removed_ = 0;
};

TEST_F(ScarceThreadsForLeftovers, RemoveThemWhenThereAreSome) {
  plan_.issuers[0].dns.push_back({"", ExecSpec{"program"}});
  FileStore(files_).save_dns_records(
      {{"example.com", "_acme-challenge.example.com.", "value"}});
  start_with(1);
  clock_.wait_for_waiters(1);
  EXPECT_EQ(logger_.count_of("cannot start a thread"), 1U);
  EXPECT_EQ(removed_, 0);
  pass(5s);
  EXPECT_EQ(publisher_.serial(0), "01") << "orders do not wait for that";

  left_ = 10;
  while (removed_ == 0) {
    clock_.advance(1s);
    clock_.wait_for_waiters(1);
  }
  EXPECT_TRUE(engine_->stop(10s));
}

// What a CA connection throws at the n-th request, as memory or threads run
// out.
class ThrowingHttp final : public HttpClient {
 public:
  ThrowingHttp(HttpClient& ca, std::atomic<int>& left, bool memory)
      : ca_(ca), left_(left), memory_(memory) {}
  HttpResponse send(const HttpRequest& request, std::stop_token stop) override {
    if (left_-- == 0) {
      if (memory_) {
        throw std::bad_alloc();
      }
      throw std::system_error(EAGAIN, std::generic_category());
    }
    return ca_.send(request, std::move(stop));
  }

 private:
  HttpClient& ca_;
  std::atomic<int>& left_;
  const bool memory_;
};

class UnexpectedException : public EngineTest,
                            public testing::WithParamInterface<bool> {};

TEST_P(UnexpectedException, AtAnyRequestLosesNoCertificate) {
  ca_.offer_renewal_info();
  bool was_hit = true;
  for (int n = 0; was_hit; ++n) {
    SCOPED_TRACE(n);
    ASSERT_LT(n, 100);
    std::atomic<int> left = n;
    EngineEnvironment throwing = environment();
    throwing.connect = [&](const IssuerSpec&) {
      return std::make_unique<ThrowingHttp>(ca_, left, GetParam());
    };
    engine_ = std::make_unique<Engine>(plan_, std::move(throwing));
    engine_->start();
    settle();
    pass(24h);
    EXPECT_NE(publisher_.serial(0), "");
    const std::string first = publisher_.serial(0);
    pass(65 * 24h);
    pass(24h);
    EXPECT_NE(publisher_.serial(0), first) << "it is renewed, too";
    EXPECT_TRUE(engine_->stop(10s));
    engine_.reset();
    was_hit = left < 0 && n < 40;
    for (const std::string& file : files_.list("")) {
      files_.remove(file);
    }
    for (const std::string& file : files_.list("orders")) {
      files_.remove("orders/" + file);
    }
    publisher_.forget();
  }
}

INSTANTIATE_TEST_SUITE_P(Of, UnexpectedException, testing::Bool());

}  // namespace
}  // namespace acme
