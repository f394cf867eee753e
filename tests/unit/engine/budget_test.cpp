// SPDX-License-Identifier: BSD-2-Clause
// A CA's limits, counted on our side.
#include "acme_core/engine/budget.h"

#include <gtest/gtest.h>

#include "tests/support/test_ca.h"

namespace acme {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kNow =
    std::chrono::sys_days(std::chrono::year(2026) / std::chrono::January / 1);
constexpr BudgetLimits kLimits{.orders = {3, 3h},
                               .per_domain = {2, 168h},
                               .per_name_set = {2, 168h},
                               .failures = {2, 1h},
                               .accounts = {1, 3h}};

BudgetKeys keys_of(const std::vector<std::string>& names) {
  return budget_keys(identifiers_of(names));
}

TEST(BudgetKeys, AreTheRegisteredDomainsOfThePublicSuffixList) {
  const BudgetKeys keys =
      keys_of({"www.example.co.uk", "a.b.example.co.uk", "*.example.com"});
  EXPECT_EQ(keys.domains,
            (std::vector<std::string>{"example.co.uk", "example.com"}));
}

TEST(BudgetKeys, CountAnIpv6AddressByItsNetwork) {
  EXPECT_EQ(keys_of({"2001:db8:1:2:3::1", "192.0.2.1"}).domains,
            (std::vector<std::string>{"192.0.2.1", "2001:db8:1:2::/64"}));
}

TEST(BudgetKeys, DoNotDependOnTheOrderOfNames) {
  EXPECT_EQ(keys_of({"b.example", "a.example"}).name_set,
            keys_of({"a.example", "b.example"}).name_set);
}

TEST(Budget, OfLetsEncryptStaysBelowWhatItPublishes) {
  const BudgetLimits limits =
      published_limits("https://acme-v02.api.letsencrypt.org/directory");
  EXPECT_EQ(limits.orders.count, 270U);
  EXPECT_EQ(limits.orders.window, 3h);
  EXPECT_EQ(limits.per_domain.count, 45U);
  EXPECT_EQ(limits.per_name_set.count, 4U);
  EXPECT_EQ(limits.failures.count, 4U);
  EXPECT_EQ(limits.accounts.count, 9U);
}

TEST(Budget, HasNoLimitsForACaThatPublishesNone) {
  EXPECT_FALSE(Budget(published_limits("https://ca.internal/")).has_limits());
}

TEST(Budget, OfACaThatGrantedMoreStaysBelowThat) {
  GrantedLimits granted;
  granted.orders = RateLimit{1'000, 3h};
  granted.per_name_set = RateLimit{0, 168h};
  granted.accounts = RateLimit{1, 3h};
  for (const char* url : {"https://acme-v02.api.letsencrypt.org/directory",
                          "https://ca.internal/"}) {
    const BudgetLimits limits = limits_for(url, granted);
    EXPECT_EQ(limits.orders.count, 900U);
    EXPECT_EQ(limits.orders.window, 3h);
    EXPECT_EQ(limits.per_name_set.count, 0U) << "no limit";
    EXPECT_EQ(limits.accounts.count, 1U) << "not: no limit";
    EXPECT_EQ(limits.per_domain.count, published_limits(url).per_domain.count)
        << "as published";
  }
}

TEST(Budget, HasNoLimitsWhereTheOperatorSaysSo) {
  GrantedLimits granted;
  granted.none = true;
  EXPECT_FALSE(
      Budget(
          limits_for("https://acme-v02.api.letsencrypt.org/directory", granted))
          .has_limits());
}

TEST(Budget, HoldsBackOrdersOfTheAccount) {
  Budget budget(kLimits);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(budget.next_order(OrderKind::kNew, kNow + 1min * i),
              kNow + 1min * i);
    budget.count_order(keys_of({"a" + std::to_string(i) + ".com"}),
                       OrderKind::kNew, kNow + 1min * i);
  }
  EXPECT_EQ(budget.next_order(OrderKind::kNew, kNow + 3min), kNow + 3h);
  EXPECT_EQ(budget.next_order(OrderKind::kRenewal, kNow + 3min), kNow + 3h);
  EXPECT_EQ(budget.next_order(OrderKind::kNew, kNow + 3h), kNow + 3h);
}

TEST(Budget, HoldsBackNewCertificatesOfADomainButNotRenewals) {
  Budget budget(kLimits);
  budget.count_order(keys_of({"a.example.com"}), OrderKind::kNew, kNow);
  budget.count_order(keys_of({"b.example.com"}), OrderKind::kNew, kNow);
  const BudgetKeys third = keys_of({"c.example.com"});
  EXPECT_EQ(budget.next_order_for(third, OrderKind::kNew, kNow + 1h),
            kNow + 168h);
  EXPECT_EQ(budget.next_order_for(third, OrderKind::kRenewal, kNow + 1h),
            kNow + 1h);
  EXPECT_EQ(budget.next_order_for(keys_of({"example.org"}), OrderKind::kNew,
                                  kNow + 1h),
            kNow + 1h);
}

TEST(Budget, HoldsBackOrdersForTheSameNames) {
  Budget budget(kLimits);
  const BudgetKeys keys = keys_of({"a.example.com"});
  budget.count_order(keys, OrderKind::kRenewal, kNow);
  budget.count_order(keys, OrderKind::kRenewal, kNow);
  EXPECT_EQ(budget.next_order_for(keys, OrderKind::kRenewal, kNow + 1h),
            kNow + 168h);
}

TEST(Budget, DoesNotCountReplacements) {
  Budget budget(kLimits);
  const BudgetKeys keys = keys_of({"a.example.com"});
  for (int i = 0; i < 10; ++i) {
    budget.count_order(keys, OrderKind::kReplacement, kNow);
  }
  EXPECT_EQ(budget.next_order(OrderKind::kNew, kNow), kNow);
  EXPECT_EQ(budget.next_order_for(keys, OrderKind::kNew, kNow), kNow);
}

TEST(Budget, HoldsBackANameWhoseValidationKeepsFailing) {
  Budget budget(kLimits);
  budget.count_failure("bad.example.com", kNow);
  budget.count_failure("bad.example.com", kNow + 10min);
  const BudgetKeys keys = keys_of({"good.example.com", "bad.example.com"});
  EXPECT_EQ(budget.next_order_for(keys, OrderKind::kReplacement, kNow + 11min),
            kNow + 1h);
  EXPECT_EQ(budget.next_order_for(keys_of({"good.example.com"}),
                                  OrderKind::kNew, kNow + 11min),
            kNow + 11min);
}

TEST(Budget, HoldsBackAccounts) {
  Budget budget(kLimits);
  budget.count_account(kNow);
  EXPECT_EQ(budget.next_account(kNow + 1h), kNow + 3h);
}

TEST(Budget, TakesBackAnOrderThatWasNotOpened) {
  Budget budget(kLimits);
  const BudgetKeys keys = keys_of({"a.example.com"});
  for (int i = 0; i < 3; ++i) {
    budget.count_order(keys, OrderKind::kNew, kNow);
  }
  budget.refund_order(keys, OrderKind::kNew, kNow);
  EXPECT_EQ(budget.next_order(OrderKind::kNew, kNow), kNow);
}

TEST(Budget, SurvivesARestart) {
  Budget budget(kLimits);
  for (int i = 0; i < 3; ++i) {
    budget.count_order(keys_of({"a.com"}), OrderKind::kNew, kNow);
  }
  const Budget next(kLimits, budget.record(kNow + 1h));
  EXPECT_EQ(next.next_order(OrderKind::kNew, kNow + 1h), kNow + 3h);
}

TEST(Budget, KeepsNothingThatNoLongerCounts) {
  Budget budget(kLimits);
  budget.count_order(keys_of({"a.com"}), OrderKind::kNew, kNow);
  budget.count_failure("a.com", kNow);
  EXPECT_FALSE(budget.record(kNow + 1h).empty());
  EXPECT_TRUE(budget.record(kNow + 169h).empty());
}

TEST(Budget, IgnoresWhatAWrongClockWroteDown) {
  BudgetRecord record;
  record["orders"] = std::vector<TimePoint>(100, kNow + 365 * 24h);
  record["unknown word"] = {kNow};
  Budget budget(kLimits, record);
  EXPECT_EQ(budget.next_order(OrderKind::kNew, kNow), kNow);
}

}  // namespace
}  // namespace acme
