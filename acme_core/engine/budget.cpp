// SPDX-License-Identifier: BSD-2-Clause
// Rate limits of a CA, counted on our side.
#include "acme_core/engine/budget.h"

#include <arpa/inet.h>
#include <libpsl.h>

#include <algorithm>
#include <array>
#include <utility>

namespace acme {
namespace {

using std::chrono::days;
using std::chrono::hours;

// Keys of the record: a word, and for some a space and a name.
constexpr std::string_view kOrders = "orders";
constexpr std::string_view kDomain = "domain";
constexpr std::string_view kNames = "names";
constexpr std::string_view kFailures = "failures";
constexpr std::string_view kAccounts = "accounts";

std::string key_of(std::string_view word, std::string_view name) {
  std::string key(word);
  key.append(" ").append(name);
  return key;
}

RateLimit below(std::size_t count, std::chrono::milliseconds window) {
  // 0 stays "no limit", and 1 must not become it.
  return {count < 2 ? count : count - std::max<std::size_t>(count / 10, 1),
          window};
}

std::string registered_domain(const std::string& name) {
  const std::string_view bare =
      name.starts_with("*.") ? std::string_view(name).substr(2) : name;
  const char* domain = psl_registrable_domain(psl_builtin(), bare.data());
  return domain != nullptr ? std::string(domain) : std::string(bare);
}

// An IPv4 address as it is, an IPv6 address cut to its /64.
std::string network_of(const std::string& address) {
  std::array<unsigned char, 16> bytes{};
  if (inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) {
    return address;
  }
  std::fill(bytes.begin() + 8, bytes.end(), 0);
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(AF_INET6, bytes.data(), text.data(), text.size());
  return std::string(text.data()) + "/64";
}

}  // namespace

BudgetLimits published_limits(std::string_view directory_url) {
  if (!directory_url.starts_with("https://acme-v02.api.letsencrypt.org/")) {
    return {};
  }
  return {.orders = below(300, hours(3)),
          .per_domain = below(50, days(7)),
          .per_name_set = below(5, days(7)),
          .failures = below(5, hours(1)),
          .accounts = below(10, hours(3))};
}

BudgetLimits limits_for(std::string_view directory_url,
                        const GrantedLimits& granted) {
  if (granted.none) {
    return {};
  }
  BudgetLimits limits = published_limits(directory_url);
  const auto take = [](const std::optional<RateLimit>& from, RateLimit& to) {
    if (from) {
      to = below(from->count, from->window);
    }
  };
  take(granted.orders, limits.orders);
  take(granted.per_domain, limits.per_domain);
  take(granted.per_name_set, limits.per_name_set);
  take(granted.failures, limits.failures);
  take(granted.accounts, limits.accounts);
  return limits;
}

BudgetKeys budget_keys(const std::vector<Identifier>& identifiers) {
  BudgetKeys keys;
  for (const Identifier& identifier : identifiers) {
    keys.names.push_back(identifier.value);
    keys.domains.push_back(identifier.type == Identifier::Type::kDns
                               ? registered_domain(identifier.value)
                               : network_of(identifier.value));
  }
  const auto sort_unique = [](std::vector<std::string>& list) {
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
  };
  sort_unique(keys.names);
  sort_unique(keys.domains);
  for (const std::string& name : keys.names) {
    keys.name_set.append(keys.name_set.empty() ? "" : ",").append(name);
  }
  return keys;
}

Budget::Budget(const BudgetLimits& limits, BudgetRecord record)
    : limits_(limits), events_(std::move(record)) {
  for (auto& [key, times] : events_) {
    std::sort(times.begin(), times.end());
  }
}

bool Budget::has_limits() const noexcept {
  return limits_.orders.count != 0 || limits_.per_domain.count != 0 ||
         limits_.per_name_set.count != 0 || limits_.failures.count != 0 ||
         limits_.accounts.count != 0;
}

TimePoint Budget::next_order(OrderKind kind, TimePoint now) const {
  return kind == OrderKind::kReplacement
             ? now
             : next(std::string(kOrders), limits_.orders, now);
}

TimePoint Budget::next_order_for(const BudgetKeys& keys, OrderKind kind,
                                 TimePoint now) const {
  TimePoint earliest = now;
  for (const std::string& name : keys.names) {
    earliest = std::max(earliest,
                        next(key_of(kFailures, name), limits_.failures, now));
  }
  if (kind != OrderKind::kReplacement) {
    earliest = std::max(earliest, next(key_of(kNames, keys.name_set),
                                       limits_.per_name_set, now));
  }
  if (kind == OrderKind::kNew) {
    for (const std::string& domain : keys.domains) {
      earliest = std::max(
          earliest, next(key_of(kDomain, domain), limits_.per_domain, now));
    }
  }
  return earliest;
}

void Budget::count_order(const BudgetKeys& keys, OrderKind kind,
                         TimePoint now) {
  if (kind == OrderKind::kReplacement) {
    return;
  }
  count(std::string(kOrders), limits_.orders, now);
  count(key_of(kNames, keys.name_set), limits_.per_name_set, now);
  for (const std::string& domain : keys.domains) {
    // A renewal is exempt, but it uses up what is there for new names.
    count(key_of(kDomain, domain), limits_.per_domain, now);
  }
}

void Budget::refund_order(const BudgetKeys& keys, OrderKind kind,
                          TimePoint counted) {
  if (kind == OrderKind::kReplacement) {
    return;
  }
  refund(std::string(kOrders), counted);
  refund(key_of(kNames, keys.name_set), counted);
  for (const std::string& domain : keys.domains) {
    refund(key_of(kDomain, domain), counted);
  }
}

void Budget::count_failure(const std::string& name, TimePoint now) {
  count(key_of(kFailures, name), limits_.failures, now);
}

TimePoint Budget::next_account(TimePoint now) const {
  return next(std::string(kAccounts), limits_.accounts, now);
}

void Budget::count_account(TimePoint now) {
  count(std::string(kAccounts), limits_.accounts, now);
}

std::vector<LimitUse> Budget::uses(TimePoint now) {
  const BudgetRecord& counted = record(now);
  const auto count_of = [&](std::string_view key) {
    const auto found = counted.find(std::string(key));
    return found == counted.end() ? 0 : found->second.size();
  };
  std::vector<LimitUse> uses;
  const auto add = [&](std::string what, const RateLimit& limit,
                       std::size_t used) {
    if (limit.count != 0) {
      uses.push_back({std::move(what), limit, used});
    }
  };
  add("orders", limits_.orders, count_of(kOrders));
  add("accounts", limits_.accounts, count_of(kAccounts));
  for (const auto& [key, times] : counted) {
    const RateLimit& limit = limit_of(key);
    const std::size_t space = key.find(' ');
    if (space == std::string::npos || times.size() * 2 < limit.count) {
      continue;
    }
    const std::string_view word = std::string_view(key).substr(0, space);
    add(std::string(word == kDomain     ? "certificates for the domain "
                    : word == kFailures ? "failed validations of "
                                        : "certificates for exactly ") +
            key.substr(space + 1),
        limit, times.size());
  }
  return uses;
}

const BudgetRecord& Budget::record(TimePoint now) {
  for (auto entry = events_.begin(); entry != events_.end();) {
    const RateLimit& limit = limit_of(entry->first);
    std::erase_if(entry->second, [&](TimePoint time) {
      return limit.count == 0 || time + limit.window <= now;
    });
    entry = entry->second.empty() ? events_.erase(entry) : std::next(entry);
  }
  return events_;
}

const RateLimit& Budget::limit_of(std::string_view key) const {
  static constexpr RateLimit kNone;
  const std::string_view word = key.substr(0, key.find(' '));
  return word == kOrders     ? limits_.orders
         : word == kDomain   ? limits_.per_domain
         : word == kNames    ? limits_.per_name_set
         : word == kFailures ? limits_.failures
         : word == kAccounts ? limits_.accounts
                             : kNone;
}

// The oldest of the last `count` events has to leave the window first. Events
// of the future are those of a clock that was wrong; they count no more.
TimePoint Budget::next(const std::string& key, const RateLimit& limit,
                       TimePoint now) const {
  const auto entry = events_.find(key);
  if (limit.count == 0 || entry == events_.end()) {
    return now;
  }
  const std::vector<TimePoint>& times = entry->second;
  const auto past = std::upper_bound(times.begin(), times.end(), now);
  if (past - times.begin() < static_cast<std::ptrdiff_t>(limit.count)) {
    return now;
  }
  const TimePoint oldest = *(past - static_cast<std::ptrdiff_t>(limit.count));
  return std::max(now, oldest + limit.window);
}

void Budget::count(const std::string& key, const RateLimit& limit,
                   TimePoint now) {
  if (limit.count == 0) {
    return;
  }
  std::vector<TimePoint>& times = events_[key];
  std::erase_if(times,
                [&](TimePoint time) { return time + limit.window <= now; });
  times.insert(std::upper_bound(times.begin(), times.end(), now), now);
}

void Budget::refund(const std::string& key, TimePoint counted) {
  const auto entry = events_.find(key);
  if (entry == events_.end()) {
    return;
  }
  const auto time =
      std::find(entry->second.begin(), entry->second.end(), counted);
  if (time != entry->second.end()) {
    entry->second.erase(time);
  }
  if (entry->second.empty()) {
    events_.erase(entry);
  }
}

}  // namespace acme
