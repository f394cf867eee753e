// SPDX-License-Identifier: BSD-2-Clause
// Rate limits of a CA, counted on our side so that we never meet them. Pure:
// it asks no clock.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/identifier.h"
#include "acme_core/storage/store.h"
#include "acme_core/time_point.h"

namespace acme {

/// At most `count` events within any `window`. A count of 0 means no limit.
struct RateLimit {
  std::size_t count = 0;
  std::chrono::milliseconds window{};
};

struct BudgetLimits {
  RateLimit orders;        ///< new orders of the account
  RateLimit per_domain;    ///< certificates per registered domain
  RateLimit per_name_set;  ///< certificates for exactly the same names
  RateLimit failures;      ///< failed authorizations per name
  RateLimit accounts;      ///< new accounts per address
};

/// What the CA of that directory publishes, less a tenth for clocks that differ
/// and requests that we do not know of; no limits for a CA that publishes none.
/// Let's Encrypt: https://letsencrypt.org/docs/rate-limits/, 2026-08.
[[nodiscard]] BudgetLimits published_limits(std::string_view directory_url);

/// What an operator says of a CA's limits in place of what it publishes.
struct GrantedLimits {
  bool none = false;  ///< the CA has none for us
  std::optional<RateLimit> orders;
  std::optional<RateLimit> per_domain;
  std::optional<RateLimit> per_name_set;
  std::optional<RateLimit> failures;
  std::optional<RateLimit> accounts;
};

/// What to stay below at the CA of that directory: what it publishes, or what
/// it granted, less a tenth (a limit of 1 stays).
[[nodiscard]] BudgetLimits limits_for(std::string_view directory_url,
                                      const GrantedLimits& granted);

/// What one certificate's orders are counted as.
struct BudgetKeys {
  std::vector<std::string> domains;  ///< registered domains, unique
  std::string name_set;
  std::vector<std::string> names;
};

/// Registered domains as the public suffix list has them (libpsl): of
/// "a.b.example.co.uk" it is "example.co.uk". IPv4 addresses count as
/// themselves, IPv6 addresses as their /64.
[[nodiscard]] BudgetKeys budget_keys(
    const std::vector<Identifier>& identifiers);

/// How an order is counted. Let's Encrypt: a renewal by the same names is
/// exempt from the limit per domain; one that names the certificate it replaces
/// (RFC 9773 section 5) is exempt from all.
enum class OrderKind { kNew, kRenewal, kReplacement };

/// How much of a limit is used.
struct LimitUse {
  std::string what;  ///< "orders", "certificates for the domain example.com"
  RateLimit limit;
  std::size_t used = 0;
};

/// Not thread-safe: its owner guards it.
class Budget {
 public:
  /// `record` is what was counted before a restart.
  explicit Budget(const BudgetLimits& limits, BudgetRecord record = {});

  /// False when nothing is limited: then nothing needs to be kept either.
  [[nodiscard]] bool has_limits() const noexcept;

  /// When the account may open an order again; not later than `now`: at once.
  [[nodiscard]] TimePoint next_order(OrderKind kind, TimePoint now) const;

  /// The same for this certificate, without the account's own limit.
  [[nodiscard]] TimePoint next_order_for(const BudgetKeys& keys, OrderKind kind,
                                         TimePoint now) const;
  void count_order(const BudgetKeys& keys, OrderKind kind, TimePoint now);
  /// Takes back count_order(): the order was not opened after all.
  void refund_order(const BudgetKeys& keys, OrderKind kind, TimePoint counted);

  /// A failed authorization of one name.
  void count_failure(const std::string& name, TimePoint now);

  [[nodiscard]] TimePoint next_account(TimePoint now) const;
  void count_account(TimePoint now);

  /// What is counted at `now`: of limits that are the account's always, of
  /// those for a domain, a name or a set of names when half is used.
  [[nodiscard]] std::vector<LimitUse> uses(TimePoint now);

  /// What a later budget has to know, without what no longer counts at `now`.
  [[nodiscard]] const BudgetRecord& record(TimePoint now);

 private:
  [[nodiscard]] const RateLimit& limit_of(std::string_view key) const;
  [[nodiscard]] TimePoint next(const std::string& key, const RateLimit& limit,
                               TimePoint now) const;
  void count(const std::string& key, const RateLimit& limit, TimePoint now);
  void refund(const std::string& key, TimePoint counted);

  BudgetLimits limits_;
  BudgetRecord events_;  ///< times in order, at most a limit's count each
};

}  // namespace acme
