// SPDX-License-Identifier: BSD-2-Clause
// What a query string asks of the status endpoint. It comes from anybody:
// everything is bounded, and what is malformed is said in words.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "acme_core/status/model.h"

namespace acme {

/// Bytes of a query string, and of one decoded value.
inline constexpr std::size_t kLongestQuery = 4096;
inline constexpr std::size_t kLongestValue = 512;
inline constexpr std::size_t kMostParameters = 32;

/// Percent-encoding undone (RFC 3986 section 2.1), and "+" for a space as forms
/// have it. nullopt: it is malformed, or not printable UTF-8.
[[nodiscard]] std::optional<std::string> decode_query_value(
    std::string_view text);

/// Everything but RFC 3986's unreserved characters is encoded.
[[nodiscard]] std::string percent_encoded(std::string_view text);

class QueryParameters {
 public:
  /// "a=1&b=2"; empty parts between "&" do not count.
  [[nodiscard]] static QueryParameters parse(std::string_view query);

  /// Why the query is none ("the query is longer than 4096 bytes"); empty:
  /// nothing is wrong. The rest is empty then.
  [[nodiscard]] const std::string& fault() const noexcept { return fault_; }

  /// The value; "" when it is absent.
  [[nodiscard]] std::string_view get(std::string_view name) const noexcept;
  /// "1", "true" or "yes".
  [[nodiscard]] bool is_set(std::string_view name) const noexcept;

  /// A parameter that is none of these; "" when there is none.
  [[nodiscard]] std::string_view other_than(
      std::initializer_list<std::string_view> known) const noexcept;

 private:
  std::vector<std::pair<std::string, std::string>> parameters_;
  std::string fault_;
};

/// In which order certificates are shown.
enum class SortKey { kPlan, kName, kState, kIssuer, kNotAfter, kRenewAt };

/// Which certificates are shown.
struct CertificateQuery {
  std::string name;     ///< part of one of its names, or "*.suffix"
  unsigned states = 0;  ///< a bit for each; 0: all
  std::string issuer;   ///< by name; empty: all
  std::optional<std::chrono::seconds> expires_within;
  SortKey sort = SortKey::kPlan;
  bool is_descending = false;
  std::string after;        ///< ID of the last one that was shown
  std::size_t limit = 100;  ///< 1 to 1000
  std::size_t page = 1;     ///< of the page for people: from 1
  std::string fault;        ///< why the query is none; empty: nothing is wrong

  [[nodiscard]] bool wants(CertificateState state) const noexcept {
    return states == 0 || (states >> static_cast<unsigned>(state) & 1U) != 0;
  }

  /// As a query string without "?", `after`, `limit` and `page`.
  [[nodiscard]] std::string filters() const;
};

/// "90", "90s", "15m", "12h", "30d" or "2w", at most a hundred years.
[[nodiscard]] std::optional<std::chrono::seconds> parse_period(
    std::string_view text) noexcept;

/// "name", "-not_after", …
[[nodiscard]] std::string_view to_string(SortKey key) noexcept;

[[nodiscard]] CertificateQuery certificate_query(
    const QueryParameters& parameters);

}  // namespace acme
