// SPDX-License-Identifier: BSD-2-Clause
// What a query string asks of the status endpoint.
#include "acme_core/status/status_query.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "acme_core/ascii.h"
#include "acme_core/env/log.h"
#include "acme_core/monitor/words.h"

namespace acme {
namespace {

constexpr std::array<std::string_view, 6> kSortKeys = {
    "", "name", "state", "issuer", "not_after", "renew_at"};
constexpr std::size_t kLargestLimit = 1000;
constexpr std::size_t kLastPage = 1'000'000;

int hexadecimal_digit(char c) noexcept {
  if (is_digit(c)) {
    return c - '0';
  }
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool is_unreserved(char c) noexcept {
  return is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

// A number from 1 to `most`; nullopt: it is none.
std::optional<std::size_t> number_up_to(std::string_view text,
                                        std::size_t most) noexcept {
  std::size_t number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() &&
                 number >= 1 && number <= most
             ? std::optional(number)
             : std::nullopt;
}

std::string read_states(CertificateQuery& query, std::string_view words) {
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(','), words.size());
    const std::string_view word = words.substr(0, end);
    const auto state = certificate_state(word);
    if (!state) {
      return "there is no state \"" + std::string(word) +
             "\"; there are valid, renewing, waiting, failing, expiring, "
             "expired, fallback, static, orphan";
    }
    query.states |= 1U << static_cast<unsigned>(*state);
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return {};
}

std::string read_sort(CertificateQuery& query, std::string_view text) {
  query.is_descending = text.starts_with('-');
  text.remove_prefix(query.is_descending ? 1 : 0);
  const auto key = from_word<SortKey>(kSortKeys, text);
  if (!key || (query.is_descending && *key == SortKey::kPlan)) {
    return "sort has to be name, state, issuer, not_after or renew_at, with "
           "\"-\" in front for the other direction";
  }
  query.sort = *key;
  return {};
}

std::string read_number(std::size_t& number, std::string_view name,
                        std::string_view text, std::size_t most) {
  if (text.empty()) {
    return {};
  }
  const auto found = number_up_to(text, most);
  if (!found) {
    return std::string(name) + " has to be a number from 1 to " +
           std::to_string(most);
  }
  number = *found;
  return {};
}

std::string read_expires_within(CertificateQuery& query,
                                std::string_view text) {
  if (text.empty()) {
    return {};
  }
  query.expires_within = parse_period(text);
  return query.expires_within
             ? std::string()
             : "expires_within has to be a number of seconds, or one with s, "
               "m, h, d or w behind it";
}

}  // namespace

std::optional<std::string> decode_query_value(std::string_view text) {
  std::string value;
  value.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      value += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hexadecimal_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hexadecimal_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      return std::nullopt;
    }
    value += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return printable(value, value.size()) == value ? std::optional(value)
                                                 : std::nullopt;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (is_unreserved(c)) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += kDigits[byte >> 4];
    encoded += kDigits[byte & 15];
  }
  return encoded;
}

QueryParameters QueryParameters::parse(std::string_view query) {
  const auto refused = [](std::string why) {
    QueryParameters none;
    none.fault_ = std::move(why);
    return none;
  };
  if (query.size() > kLongestQuery) {
    return refused("the query is longer than " + std::to_string(kLongestQuery) +
                   " bytes");
  }
  QueryParameters found;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view part = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (part.empty()) {
      continue;
    }
    const std::size_t equals = std::min(part.find('='), part.size());
    auto name = decode_query_value(part.substr(0, equals));
    auto value =
        decode_query_value(part.substr(std::min(equals + 1, part.size())));
    if (!name || !value) {
      return refused(
          "the query has a parameter that is not printable UTF-8 "
          "in percent-encoding");
    }
    if (name->size() > kLongestValue || value->size() > kLongestValue) {
      return refused("a parameter is longer than " +
                     std::to_string(kLongestValue) + " bytes");
    }
    if (!found.get(*name).empty()) {
      return refused("the parameter \"" + *name + "\" is there twice");
    }
    if (found.parameters_.size() == kMostParameters) {
      return refused("there are more than " + std::to_string(kMostParameters) +
                     " parameters");
    }
    found.parameters_.emplace_back(std::move(*name), std::move(*value));
  }
  return found;
}

std::string_view QueryParameters::get(std::string_view name) const noexcept {
  const auto found =
      std::find_if(parameters_.begin(), parameters_.end(),
                   [&](const auto& each) { return each.first == name; });
  return found == parameters_.end() ? std::string_view() : found->second;
}

bool QueryParameters::is_set(std::string_view name) const noexcept {
  const std::string_view value = get(name);
  return value == "1" || value == "true" || value == "yes";
}

std::string_view QueryParameters::other_than(
    std::initializer_list<std::string_view> known) const noexcept {
  for (const auto& [name, value] : parameters_) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return name;
    }
  }
  return {};
}

std::string CertificateQuery::filters() const {
  std::string text;
  const auto add = [&](std::string_view parameter, std::string_view value) {
    if (!value.empty()) {
      text.append(text.empty() ? "" : "&")
          .append(parameter)
          .append("=")
          .append(percent_encoded(value));
    }
  };
  add("name", name);
  std::string words;
  for (unsigned state = 0; states >> state != 0; ++state) {
    if ((states >> state & 1U) != 0) {
      words.append(words.empty() ? "" : ",")
          .append(to_string(static_cast<CertificateState>(state)));
    }
  }
  add("state", words);
  add("issuer", issuer);
  add("expires_within",
      expires_within ? std::to_string(expires_within->count()) : "");
  add("sort", (is_descending ? "-" : "") + std::string(to_string(sort)));
  return text;
}

std::optional<std::chrono::seconds> parse_period(
    std::string_view text) noexcept {
  struct Unit {
    char letter;
    std::int64_t seconds;
  };
  constexpr std::array kUnits{Unit{'s', 1}, Unit{'m', 60}, Unit{'h', 3600},
                              Unit{'d', 86'400}, Unit{'w', 604'800}};
  constexpr std::int64_t kLongest = 100LL * 366 * 86'400;
  std::int64_t seconds = 1;
  if (!text.empty() && !is_digit(text.back())) {
    const auto unit = std::find_if(
        kUnits.begin(), kUnits.end(),
        [&](const Unit& each) { return each.letter == text.back(); });
    if (unit == kUnits.end()) {
      return std::nullopt;
    }
    seconds = unit->seconds;
    text.remove_suffix(1);
  }
  std::int64_t count = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), count);
  return error == std::errc() && end == text.data() + text.size() &&
                 count >= 0 && count <= kLongest / seconds
             ? std::optional(std::chrono::seconds(count * seconds))
             : std::nullopt;
}

std::string_view to_string(SortKey key) noexcept {
  return to_word(kSortKeys, key);
}

CertificateQuery certificate_query(const QueryParameters& parameters) {
  CertificateQuery query;
  query.fault = parameters.fault();
  query.name = lowered(parameters.get("name"));
  query.issuer = parameters.get("issuer");
  query.after = parameters.get("after");
  for (const std::string& fault :
       {read_states(query, parameters.get("state")),
        read_sort(query, parameters.get("sort")),
        read_expires_within(query, parameters.get("expires_within")),
        read_number(query.limit, "limit", parameters.get("limit"),
                    kLargestLimit),
        read_number(query.page, "page", parameters.get("page"), kLastPage)}) {
    if (query.fault.empty()) {
      query.fault = fault;
    }
  }
  return query;
}

}  // namespace acme
