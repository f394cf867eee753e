// SPDX-License-Identifier: BSD-2-Clause
// Who publishes which record, and who answers DNS challenges.
#include "acme_core/engine/issuer_dns.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "acme_core/error.h"
#include "acme_core/storage/memory_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_dns.h"
#include "tests/support/fake_random.h"
#include "tests/support/recording_logger.h"
#include "tests/support/recording_publisher.h"

namespace acme {
namespace {

// Providers are told apart by the programs that they would call.
class IssuerDnsTest : public testing::Test {
 protected:
  IssuerDnsTest() {
    environment_.look_up_dns = [](const IssuerSpec&) {
      static FakeDnsProvider nothing;
      return std::make_unique<FakeDnsLookup>(nothing);
    };
    environment_.make_dns_provider = [this](const DnsProviderSpec& spec,
                                            const DnsProviderContext&) {
      const std::string& path = std::get<ExecSpec>(spec.how).path;
      if (path == "broken") {
        throw Error(ErrorKind::kConfiguration, "cannot use program broken");
      }
      auto provider = std::make_unique<FakeDnsProvider>();
      providers_[path] = provider.get();
      return provider;
    };
  }

  void add(const std::string& zone, const std::string& path) {
    issuer_.dns.push_back({zone, ExecSpec{path}});
  }

  static std::vector<ChallengeType> types_of(const IssuerDns& dns) {
    std::vector<ChallengeType> types;
    for (const auto& solver : dns.solvers()) {
      types.push_back(solver->type());
    }
    std::sort(types.begin(), types.end());
    return types;
  }

  // Which provider publishes the record.
  std::string chosen(const IssuerDns& dns, const std::string& domain,
                     const std::string& fqdn) {
    DnsProvider* found = dns.find({domain, fqdn, "value"});
    for (const auto& [path, provider] : providers_) {
      if (provider == found) {
        return path;
      }
    }
    return "";
  }

  FakeClock clock_;
  FakeRandom random_;
  RecordingLogger logger_;
  RecordingPublisher publisher_;
  EventLog log_{logger_, "test"};
  MemoryStore store_;
  EngineEnvironment environment_{.clock = clock_,
                                 .random = random_,
                                 .logger = logger_,
                                 .publisher = publisher_,
                                 .responders = publisher_.responders(),
                                 .connect = {},
                                 .connect_locally = {},
                                 .open_state = {},
                                 .limits = {}};
  IssuerSpec issuer_;
  std::map<std::string, DnsProvider*> providers_;
};

TEST_F(IssuerDnsTest, ChoosesTheLongestZoneOfTheNameOrOfItsAlias) {
  add("", "all");
  add("example.com", "example");
  add("acme.example.net", "alias");
  const IssuerDns dns(issuer_, store_, environment_, log_);
  EXPECT_EQ(chosen(dns, "www.example.com", "_acme-challenge.www.example.com."),
            "example");
  EXPECT_EQ(chosen(dns, "example.org", "_acme-challenge.example.org."), "all");
  EXPECT_EQ(chosen(dns, "example.org", "x.acme.example.net."), "alias");
  EXPECT_EQ(chosen(dns, "www.example.com", "x.acme.example.net."), "alias");
}

TEST_F(IssuerDnsTest, ChoosesNobodyForNamesOfNoZone) {
  add("example.com", "example");
  const IssuerDns dns(issuer_, store_, environment_, log_);
  EXPECT_EQ(dns.find({"example.org", "_acme-challenge.example.org.", "v"}),
            nullptr);
}

TEST_F(IssuerDnsTest, WithoutAProviderLooksForRecordsThatPeopleMake) {
  const IssuerDns dns(issuer_, store_, environment_, log_);
  EXPECT_EQ(types_of(dns), std::vector{ChallengeType::kDnsPersist01});
}

TEST_F(IssuerDnsTest, WithAProviderAnswersTheTypesThatPublishRecordsToo) {
  add("", "all");
  const IssuerDns dns(issuer_, store_, environment_, log_);
  EXPECT_EQ(types_of(dns),
            (std::vector{ChallengeType::kDns01, ChallengeType::kDnsAccount01,
                         ChallengeType::kDnsPersist01}));
}

TEST_F(IssuerDnsTest, DoesWithoutAProviderThatCannotBeUsedAndSaysSo) {
  add("example.com", "broken");
  add("", "all");
  const IssuerDns dns(issuer_, store_, environment_, log_);
  EXPECT_TRUE(logger_.contains("cannot use program broken"));
  EXPECT_EQ(dns.find({"example.com", "_acme-challenge.example.com.", "v"}),
            nullptr);
  EXPECT_EQ(chosen(dns, "example.org", "_acme-challenge.example.org."), "all");
}

TEST_F(IssuerDnsTest, RemovesWhatACrashHasLeft) {
  add("", "all");
  const DnsRecord left{"example.com", "_acme-challenge.example.com.", "v"};
  DnsRecordJournal(store_).note(std::vector{left});
  IssuerDns dns(issuer_, store_, environment_, log_);
  providers_.at("all")->present(left, {});
  dns.take_leftovers()->remove({});
  EXPECT_TRUE(store_.load_dns_records().empty());
}

}  // namespace
}  // namespace acme
