// SPDX-License-Identifier: BSD-2-Clause
// The interface of acme-dns (https://github.com/joohoi/acme-dns#usage).
#include "acme_core/challenge/acme_dns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "acme_core/storage/file_store.h"
#include "tests/support/failure_of.h"
#include "tests/support/memory_file_system.h"
#include "tests/support/recording_logger.h"
#include "tests/support/web_service.h"

namespace acme {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

constexpr const char* kDomain = "example.com";
constexpr const char* kValue = "LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0";
constexpr const char* kFirstAlias = "sub1.auth.example.org";

class AcmeDnsProviderTest : public testing::Test {
 protected:
  // Registers sub1, sub2, …, and takes every update.
  HttpTestServer::Reply serve(const HttpTestServer::Request& request) {
    if (request.path() != "/register") {
      return WebService::answer("200 OK", R"({"txt":"…"})");
    }
    const std::string name = "sub" + std::to_string(++registered_);
    return WebService::answer("201 Created",
                              json{{"username", "user-of-" + name},
                                   {"password", "s3cr3t"},
                                   {"fulldomain", name + ".auth.example.org"},
                                   {"subdomain", name},
                                   {"allowfrom", json::array()}}
                                  .dump());
  }

  AcmeDnsProvider provider() {
    return {{service_.url("/")},
            service_.client(),
            store_,
            EventLog(logger_, "ca")};
  }

  static DnsRecord record(const std::string& alias_of = kFirstAlias,
                          const std::string& value = kValue) {
    return {kDomain, alias_of + ".", value};
  }

  std::atomic<unsigned> registered_ = 0;
  WebService service_{[this](const auto& request) { return serve(request); }};
  MemoryFileSystem files_;
  FileStore store_{files_};
  RecordingLogger logger_;
};

TEST_F(AcmeDnsProviderTest, RegistersADomainAndSaysWhichRecordToCreate) {
  AcmeDnsProvider first(provider());
  const Error error = failure_of(
      [&] { first.present(record("_acme-challenge.example.com"), {}); });
  EXPECT_EQ(error.kind(), ErrorKind::kConfiguration);
  EXPECT_THAT(error.what(),
              HasSubstr("create this DNS record, once and for all: "
                        "_acme-challenge.example.com. CNAME "
                        "sub1.auth.example.org. (no alias is seen there)"));
  EXPECT_TRUE(logger_.contains(
      "needs this DNS record: _acme-challenge.example.com. CNAME "
      "sub1.auth.example.org."));
  EXPECT_FALSE(logger_.contains("s3cr3t"));
  ASSERT_THAT(service_.requests(), SizeIs(1));
  EXPECT_THAT(service_.requests()[0].head, StartsWith("POST /register "));
}

TEST_F(AcmeDnsProviderTest, UpdatesWithTheAccountOnceTheAliasIsThere) {
  EXPECT_EQ(
      failure_of([&] { provider().present(record("elsewhere"), {}); }).kind(),
      ErrorKind::kConfiguration);
  // After a restart.
  provider().present(record("SUB1.Auth.example.org"), {});
  const auto requests = service_.requests();
  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_THAT(requests[1].head,
              AllOf(StartsWith("POST /update HTTP/1.1\r\n"),
                    HasSubstr("\r\nX-Api-User: user-of-sub1\r\n"),
                    HasSubstr("\r\nX-Api-Key: s3cr3t\r\n")));
  EXPECT_EQ(json::parse(requests[1].body),
            (json{{"subdomain", "sub1"}, {"txt", kValue}}));
}

TEST_F(AcmeDnsProviderTest, SaysWhereAWrongAliasLeads) {
  EXPECT_THAT(failure_of([&] {
                provider().present(record("other.example.net"), {});
              }).what(),
              HasSubstr("(it is an alias of other.example.net.)"));
}

TEST_F(AcmeDnsProviderTest, HasOneAccountForADomainAndItsWildcard) {
  AcmeDnsProvider both(provider());
  both.present(record(kFirstAlias, "apex"), {});
  both.present(record(kFirstAlias, "wildcard"), {});
  EXPECT_EQ(registered_, 1U);
  EXPECT_THAT(service_.requests(), SizeIs(3));
}

TEST_F(AcmeDnsProviderTest, RegistersOnceForOrdersAtTheSameTime) {
  AcmeDnsProvider shared(provider());
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { shared.present(record(), {}); });
  }
  threads.clear();
  EXPECT_EQ(registered_, 1U);
}

TEST_F(AcmeDnsProviderTest, LeavesNothingToCleanUp) {
  AcmeDnsProvider used(provider());
  used.present(record(), {});
  used.cleanup(record(), {});
  EXPECT_THAT(service_.requests(), SizeIs(2));
}

TEST_F(AcmeDnsProviderTest, ReportsAnAccountFileThatCannotBeRead) {
  const std::string torn = R"({"example.com": {"fulld)";
  files_.write(
      "acme-dns.json",
      {reinterpret_cast<const std::uint8_t*>(torn.data()), torn.size()});
  provider().present(record(), {});
  EXPECT_TRUE(logger_.contains("aliases change"));
  EXPECT_EQ(logger_.count_from(LogLevel::kError), 1U);
  EXPECT_TRUE(files_.stamp("acme-dns.json.bad"));
  EXPECT_EQ(registered_, 1U);
}

// What an answer may be instead of an account.
class AcmeDnsAnswerTest : public testing::TestWithParam<std::string> {};

TEST_P(AcmeDnsAnswerTest, IsRefused) {
  WebService service([](const auto&) {
    return WebService::answer("201 Created", GetParam());
  });
  MemoryFileSystem files;
  FileStore store(files);
  RecordingLogger logger;
  AcmeDnsProvider provider({service.url("")}, service.client(), store,
                           EventLog(logger, "ca"));
  const Error error = failure_of([&] {
    provider.present({kDomain, "x.example.org.", kValue}, {});
  });
  EXPECT_EQ(error.kind(), ErrorKind::kOurs);
  EXPECT_THAT(error.what(), HasSubstr("something else than an account"));
  EXPECT_FALSE(files.stamp("acme-dns.json"));
}

INSTANTIATE_TEST_SUITE_P(
    AcmeDns, AcmeDnsAnswerTest,
    testing::Values(
        "", "<html>Welcome!</html>", "[]", "null", "{}",
        R"({"username":1,"password":2,"fulldomain":3,"subdomain":4})",
        R"({"username":"u\r\nEvil: 1","password":"p",)"
        R"("fulldomain":"s.example.org","subdomain":"s"})",
        R"({"username":"u","password":"p",)"
        R"("fulldomain":"s.example.org. TXT \"x\"","subdomain":"s"})"));

TEST(AcmeDnsProvider, AsksForAPersonWhenTheServerHasForgottenTheAccount) {
  WebService service([](const HttpTestServer::Request& request) {
    return request.path() == "/register"
               ? WebService::answer("201 Created",
                                    R"({"username":"u","password":"s3cr3t",)"
                                    R"("fulldomain":"s.example.org",)"
                                    R"("subdomain":"s"})")
               : WebService::answer("401 Unauthorized",
                                    R"({"error":"forbidden"})");
  });
  MemoryFileSystem files;
  FileStore store(files);
  RecordingLogger logger;
  AcmeDnsProvider provider({service.url("")}, service.client(), store,
                           EventLog(logger, "ca"));
  const Error error = failure_of([&] {
    provider.present({kDomain, "s.example.org.", kValue}, {});
  });
  EXPECT_EQ(error.kind(), ErrorKind::kConfiguration);
  EXPECT_THAT(error.what(), AllOf(HasSubstr("HTTP 401"), HasSubstr(kDomain),
                                  Not(HasSubstr("s3cr3t"))));
}

}  // namespace
}  // namespace acme
