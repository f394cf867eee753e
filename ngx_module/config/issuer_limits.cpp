// SPDX-License-Identifier: BSD-2-Clause
// issuer_limits off | [orders=N[/TIME]] [certificates=N[/TIME]]
//   [duplicates=N[/TIME]] [failures=N[/TIME]] [accounts=N[/TIME]];
#include "ngx_module/config/issuer_limits.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "ngx_module/config/directive_values.h"
#include "ngx_module/nginx/ngx_types.h"

namespace ngx_acme {
namespace {

using std::chrono::hours;

// Each event within a limit is remembered, and written to disk.
constexpr ngx_int_t kMostEvents = 100'000;

struct Limit {
  std::string_view name;
  std::optional<acme::RateLimit> acme::GrantedLimits::*member;
  std::chrono::milliseconds window;  // unless the argument has one
};

// The windows are Let's Encrypt's.
constexpr std::array kLimits{
    Limit{"orders", &acme::GrantedLimits::orders, hours(3)},
    Limit{"certificates", &acme::GrantedLimits::per_domain, hours(168)},
    Limit{"duplicates", &acme::GrantedLimits::per_name_set, hours(168)},
    Limit{"failures", &acme::GrantedLimits::failures, hours(1)},
    Limit{"accounts", &acme::GrantedLimits::accounts, hours(3)}};

[[noreturn]] void refuse_limit(std::string_view argument) {
  std::string names;
  for (const Limit& limit : kLimits) {
    names.append(names.empty() ? "" : ", ").append(limit.name);
  }
  fail("invalid limit \"" + std::string(argument) +
       "\" in \"issuer_limits\": write \"off\", or NAME=COUNT/TIME or "
       "NAME=off, as in orders=1000/3h; the names are " +
       names);
}

acme::RateLimit parse_rate(std::string_view argument, std::string_view text,
                           const Limit& limit) {
  acme::RateLimit rate{0, limit.window};
  if (text == "off") {
    return rate;
  }
  const std::size_t slash = text.find('/');
  const ngx_str_t count = borrow(text.substr(0, slash));
  const ngx_int_t events = ngx_atoi(count.data, count.len);
  if (events < 1) {
    refuse_limit(argument);
  }
  if (events > kMostEvents) {
    fail("\"" + std::string(argument) +
         "\" in \"issuer_limits\": the most is " + std::to_string(kMostEvents) +
         "; write " + std::string(limit.name) + "=off for no limit");
  }
  rate.count = static_cast<std::size_t>(events);
  if (slash != std::string_view::npos) {
    ngx_str_t time = borrow(text.substr(slash + 1));
    const time_t seconds = ngx_parse_time(&time, 1);
    if (time.len == 0 || seconds < 1) {
      refuse_limit(argument);
    }
    rate.window = std::chrono::seconds(seconds);
  }
  return rate;
}

}  // namespace

acme::GrantedLimits parse_issuer_limits(std::span<const ngx_str_t> arguments) {
  acme::GrantedLimits granted;
  if (arguments.size() == 1 && view(arguments.front()) == "off") {
    granted.none = true;
    return granted;
  }
  for (const ngx_str_t& each : arguments) {
    const std::string_view argument = view(each);
    const std::size_t equals = argument.find('=');
    const auto limit =
        std::find_if(kLimits.begin(), kLimits.end(), [&](const Limit& known) {
          return known.name == argument.substr(0, equals);
        });
    if (equals == std::string_view::npos || limit == kLimits.end()) {
      refuse_limit(argument);
    }
    std::optional<acme::RateLimit>& rate = granted.*(limit->member);
    if (rate) {
      fail("\"" + std::string(limit->name) +
           "\" is given twice in \"issuer_limits\"");
    }
    rate = parse_rate(argument, argument.substr(equals + 1), *limit);
  }
  return granted;
}

}  // namespace ngx_acme
