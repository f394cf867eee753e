// SPDX-License-Identifier: BSD-2-Clause
// Several challenges in one order, and others when one fails.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "acme_core/crypto/digest.h"
#include "acme_core/protocol/challenge.h"
#include "tests/unit/engine/order_flow_fixture.h"

namespace acme {
namespace {

constexpr auto kByHttp = ChallengeType::kHttp01;
constexpr auto kByTls = ChallengeType::kTlsAlpn01;
constexpr auto kByDns = ChallengeType::kDns01;

// A DNS provider and what is in its zone.
class FakeDnsSolver final : public ChallengeSolver {
 public:
  struct Zone {
    std::multimap<std::string, std::string> records;  // token by domain
    std::vector<std::size_t> presented;  // how many tasks each time
    std::optional<ErrorKind> fault;
  };

  explicit FakeDnsSolver(Zone& zone) : zone_(zone) {}
  [[nodiscard]] ChallengeType type() const noexcept override { return kByDns; }
  [[nodiscard]] bool proves_wildcards() const noexcept override { return true; }
  [[nodiscard]] std::unique_ptr<PresentedAnswers> present(
      std::span<const ChallengeTask> tasks, std::stop_token) override {
    struct Records final : PresentedAnswers {
      explicit Records(Zone& z) : zone(z) {}
      ~Records() override { zone.records.clear(); }
      Zone& zone;
    };
    if (zone_.fault) {
      throw Error(*zone_.fault, "the DNS provider is broken");
    }
    zone_.presented.push_back(tasks.size());
    for (const ChallengeTask& task : tasks) {
      zone_.records.emplace(task.identifier.value, task.key_authorization);
    }
    return std::make_unique<Records>(zone_);
  }

 private:
  Zone& zone_;
};

class ChallengeFallback : public OrderFlowTest {
 protected:
  ChallengeFallback() {
    ca_.offer_challenges({"http-01", "tls-alpn-01"});
    ca_.validate_type_by("http-01", [this](const Identifier& identifier,
                                           const std::string& token) {
      tried_.emplace_back(identifier.value, kByHttp);
      return http_fails_for_.contains(identifier.value) || http_fails_
                 ? std::nullopt
                 : publisher_.answer(token);
    });
    ca_.validate_type_by("tls-alpn-01", [this](const Identifier& identifier,
                                               const std::string& token) {
      tried_.emplace_back(identifier.value, kByTls);
      return tls_fails_ ? std::nullopt : shown(identifier.value, token);
    });
    ca_.validate_type_by("dns-01", [this](const Identifier& identifier,
                                          const std::string& token) {
      tried_.emplace_back(identifier.value, kByDns);
      return recorded(identifier, token);
    });
  }

  // By the challenge certificate of the name.
  std::optional<std::string> shown(const std::string& name,
                                   const std::string& token) {
    std::string expected = key_authorization(token, *client_.account_key());
    const auto digest = sha256(expected);
    const auto live = publisher_.live_tls_alpn();
    const auto [first, last] = live.equal_range(name);
    return std::any_of(first, last,
                       [&](const auto& entry) {
                         const auto& der = entry.second;
                         return std::search(der.begin(), der.end(),
                                            digest.begin(),
                                            digest.end()) != der.end();
                       })
               ? std::optional(std::move(expected))
               : std::nullopt;
  }

  // By a record of the domain.
  std::optional<std::string> recorded(const Identifier& identifier,
                                      const std::string& token) {
    const std::string domain = identifier.is_wildcard()
                                   ? identifier.value.substr(2)
                                   : identifier.value;
    const std::string expected =
        key_authorization(token, *client_.account_key());
    const auto [first, last] = zone_.records.equal_range(domain);
    return std::any_of(
               first, last,
               [&](const auto& entry) { return entry.second == expected; })
               ? std::optional(expected)
               : std::nullopt;
  }

  void add_dns_provider() {
    issuer_.dns.push_back({"", ExecSpec{"/bin/true"}});
    dns_solvers_.push_back(std::make_unique<FakeDnsSolver>(zone_));
  }

  [[nodiscard]] std::string error() { return failure().what(); }

  using Tried = std::vector<std::pair<std::string, ChallengeType>>;

  bool http_fails_ = false;
  bool tls_fails_ = false;
  std::set<std::string> http_fails_for_;
  FakeDnsSolver::Zone zone_;
  Tried tried_;
};

class MixedOrder : public ChallengeFallback {};

TEST_F(MixedOrder, ProvesNamesByHttpAndWildcardsByDns) {
  add_dns_provider();
  spec_.identifiers = identifiers_of({"www.example.org", "*.example.com"});
  EXPECT_TRUE(obtain().chain.covers(spec_.identifiers));
  EXPECT_EQ(tried_,
            (Tried{{"www.example.org", kByHttp}, {"*.example.com", kByDns}}));
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
  EXPECT_TRUE(zone_.records.empty());
  EXPECT_EQ(publisher_.live_challenges(), 0U);
}

TEST_F(MixedOrder, PresentsAllOfOneTypeTogether) {
  add_dns_provider();
  issuer_.challenges = {kByDns};
  spec_.identifiers = identifiers_of({"example.com", "*.example.com"});
  EXPECT_TRUE(obtain().chain.covers(spec_.identifiers));
  EXPECT_EQ(zone_.presented, std::vector<std::size_t>{2});
}

TEST_F(MixedOrder, SaysWhatAWildcardNeeds) {
  spec_.identifiers = identifiers_of({"example.com", "*.example.com"});
  EXPECT_EQ(error(),
            "the wildcard \"*.example.com\" needs a DNS challenge: say who "
            "publishes its records by \"acme_dns\"");
  EXPECT_FALSE(has_stored_order());
}

TEST_F(ChallengeFallback, TriesTheNextTypeInANewOrderAtOnce) {
  http_fails_ = true;
  spec_.identifiers = identifiers_of({"www.example.com"});
  EXPECT_TRUE(obtain().chain.covers(spec_.identifiers));
  EXPECT_EQ(tried_,
            (Tried{{"www.example.com", kByHttp}, {"www.example.com", kByTls}}));
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 2U);
  EXPECT_TRUE(logger_.contains("trying tls-alpn-01 for \"www.example.com\""));
}

TEST_F(ChallengeFallback, KeepsWhatWorksForTheOtherNames) {
  http_fails_for_ = {"b.example.com"};
  spec_.identifiers =
      identifiers_of({"a.example.com", "b.example.com", "c.example.com"});
  EXPECT_TRUE(obtain().chain.covers(spec_.identifiers));
  EXPECT_EQ(tried_, (Tried{{"a.example.com", kByHttp},
                           {"b.example.com", kByHttp},
                           {"c.example.com", kByHttp},
                           {"a.example.com", kByHttp},
                           {"b.example.com", kByTls},
                           {"c.example.com", kByHttp}}));
}

TEST_F(ChallengeFallback, LearnsOfAllFailuresOfAnOrderBeforeTheNext) {
  http_fails_ = true;
  ca_.stay_validating(2);
  spec_.identifiers =
      identifiers_of({"a.example.com", "b.example.com", "c.example.com"});
  EXPECT_TRUE(obtain().chain.covers(spec_.identifiers));
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 2U);
}

TEST_F(ChallengeFallback, GoesThroughAllTypesAndNamesThemWhenAllFail) {
  http_fails_ = true;
  tls_fails_ = true;
  add_dns_provider();
  ca_.validate_type_by("dns-01",
                       [](const auto&, const auto&) { return std::nullopt; });
  spec_.identifiers = identifiers_of({"www.example.com"});
  const Error error = failure();
  const std::string why = "the key authorization was wrong (unauthorized)";
  EXPECT_EQ(std::string(error.what()),
            "no challenge proved \"www.example.com\": http-01: " + why +
                "; tls-alpn-01: " + why + "; dns-01: " + why);
  EXPECT_EQ(error.problem_type(), "unauthorized");
  EXPECT_EQ(error.names(), std::vector<std::string>{"www.example.com"});
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 3U);
  EXPECT_FALSE(has_stored_order());
}

TEST_F(ChallengeFallback, TriesOnlyWhatTheCaOffers) {
  http_fails_ = true;
  ca_.offer_challenges({"http-01"});
  spec_.identifiers = identifiers_of({"www.example.com"});
  EXPECT_EQ(error(),
            "the CA could not verify \"www.example.com\": the key "
            "authorization was wrong (unauthorized)");
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
}

TEST_F(ChallengeFallback, TriesOnlyWhatIsConfigured) {
  http_fails_ = true;
  issuer_.challenges = {kByHttp};
  EXPECT_THROW(static_cast<void>(obtain()), Error);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
}

TEST_F(ChallengeFallback, OpensNoMoreOrdersThanTheLimitsAllow) {
  http_fails_ = true;
  permit_.allows_another = false;
  spec_.identifiers = identifiers_of({"www.example.com"});
  EXPECT_THROW(static_cast<void>(obtain()), Error);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
  EXPECT_EQ(permit_.asked_for, std::vector<std::string>{"www.example.com"});
}

TEST_F(ChallengeFallback, TriesAnotherTypeInTheSameOrderWhereItIsStillPending) {
  http_fails_ = true;
  ca_.allow_more_attempts();
  EXPECT_TRUE(obtain().chain.covers(spec_.identifiers));
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
}

TEST_F(ChallengeFallback, GoesOnWithoutAProviderThatIsBroken) {
  add_dns_provider();
  zone_.fault = ErrorKind::kOurs;
  issuer_.challenges = {kByDns, kByHttp};
  EXPECT_TRUE(obtain().chain.covers(spec_.identifiers));
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
}

TEST_F(ChallengeFallback, TakesAProvidersOutageForNoneOfTheCa) {
  add_dns_provider();
  zone_.fault = ErrorKind::kUnavailable;
  issuer_.challenges = {kByDns};
  EXPECT_EQ(failure().kind(), ErrorKind::kOurs);
  EXPECT_TRUE(has_stored_order()) << "the CA has nothing against it";
}

TEST_F(ChallengeFallback, IsNotAskedAboutWhatTheCaLimits) {
  ca_.fail_always(Resource::kChallenge,
                  ScriptedCa::problem(429, "rateLimited", "too many"));
  EXPECT_EQ(failure().kind(), ErrorKind::kRateLimited);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
}

TEST_F(ChallengeFallback, RemembersWhatWorked) {
  http_fails_for_ = {"b.example.com"};
  spec_.identifiers = identifiers_of({"a.example.com", "b.example.com"});
  static_cast<void>(obtain());
  EXPECT_EQ(proved_by_, (ProvedBy{{"b.example.com", kByTls}}));

  store_.remove_order(spec_.storage_name());
  tried_.clear();
  static_cast<void>(obtain());
  EXPECT_EQ(tried_,
            (Tried{{"a.example.com", kByHttp}, {"b.example.com", kByTls}}));
  EXPECT_EQ(proved_by_, (ProvedBy{{"b.example.com", kByTls}}));
}

TEST_F(ChallengeFallback, ComesBackWhenWhatWorkedWorksNoMore) {
  tls_fails_ = true;
  proved_by_ = {{"www.example.com", kByTls},
                {"gone.example.com", kByTls},
                {"example.com", kByDns}};
  spec_.identifiers = identifiers_of({"www.example.com", "example.com"});
  static_cast<void>(obtain());
  EXPECT_EQ(tried_, (Tried{{"www.example.com", kByTls},
                           {"example.com", kByHttp},
                           {"www.example.com", kByHttp},
                           {"example.com", kByHttp}}));
  EXPECT_TRUE(proved_by_.empty());
}

// Our own listeners say nothing.
class SilentListeners final : public HttpClient {
 public:
  HttpResponse send(const HttpRequest&, std::stop_token) override {
    throw Error(ErrorKind::kUnavailable, "connection refused");
  }
};

class SelfCheck : public ChallengeFallback {
 protected:
  SelfCheck() { self_check_ = &check_; }

  SilentListeners http_;
  Http01SelfCheck check_{http_, {{"127.0.0.1", 80}}};
};

TEST_F(SelfCheck, TurnsToAnotherTypeWithoutAskingTheCa) {
  EXPECT_TRUE(obtain().chain.covers(spec_.identifiers));
  EXPECT_EQ(tried_,
            (Tried{{"www.example.com", kByTls}, {"example.com", kByTls}}));
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
  EXPECT_TRUE(logger_.contains("our own server does not answer"));
}

TEST_F(SelfCheck, AsksNobodyWhereNoOtherTypeIsLeft) {
  listeners_.tls = Listening::kNowhere;
  EXPECT_NE(error().find("the CA was not asked"), std::string::npos);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 0U);
}

TEST_F(SelfCheck, IsForNamesThatAreProvedByHttpOnly) {
  issuer_.challenges = {kByTls};
  EXPECT_TRUE(obtain().chain.covers(spec_.identifiers));
  EXPECT_FALSE(logger_.contains("our own server does not answer"));
}

}  // namespace
}  // namespace acme
