// SPDX-License-Identifier: BSD-2-Clause
// URLs of Redis.
#include "acme_core/fleet/redis_options.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

#include "acme_core/ascii.h"
#include "acme_core/error.h"

namespace acme {
namespace {

constexpr std::string_view kPlainScheme = "redis://";
constexpr std::string_view kTlsScheme = "rediss://";

// No port and no database is greater.
bool is_16_bit_number(std::string_view text) {
  std::uint16_t number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

// Names, and addresses of both kinds.
bool is_host(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_alphanumeric(c) ||
           std::string_view("-._:").find(c) != std::string_view::npos;
  });
}

// What stands between "[" and "]", or before the last ":".
bool split_host(std::string_view authority, RedisAddress& address) {
  std::string_view rest;
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) {
      return false;
    }
    address.host = authority.substr(1, end - 1);
    rest = authority.substr(end + 1);
  } else {
    const std::size_t end = std::min(authority.find(':'), authority.size());
    address.host = authority.substr(0, end);
    rest = authority.substr(end);
  }
  if (!rest.empty()) {
    address.port = rest.substr(1);
  }
  return is_host(address.host) && is_16_bit_number(address.port) &&
         (rest.empty() || rest.front() == ':');
}

std::optional<RedisAddress> read_redis_url(std::string_view url,
                                           const std::string& default_port) {
  RedisAddress address;
  address.port = default_port;
  address.has_tls = url.starts_with(kTlsScheme);
  if (!address.has_tls && !url.starts_with(kPlainScheme)) {
    return std::nullopt;
  }
  url.remove_prefix(address.has_tls ? kTlsScheme.size() : kPlainScheme.size());
  const std::size_t slash = std::min(url.find('/'), url.size());
  if (!split_host(url.substr(0, slash), address)) {
    return std::nullopt;
  }
  if (slash + 1 < url.size()) {
    address.database = url.substr(slash + 1);
    if (!is_16_bit_number(address.database)) {
      return std::nullopt;
    }
  }
  return address;
}

}  // namespace

std::string RedisAddress::url() const {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  std::string text(has_tls ? kTlsScheme : kPlainScheme);
  text.append(is_ipv6 ? "[" + host + "]" : host).append(":").append(port);
  return database.empty() ? text : text + "/" + database;
}

RedisAddress parse_redis_url(const std::string& url,
                             const std::string& default_port) {
  if (url.find('@') != std::string::npos) {
    throw Error(ErrorKind::kConfiguration,
                "the URL of a Redis server has a user or a password in it: "
                "give them apart from it");
  }
  const auto address = read_redis_url(url, default_port);
  if (!address) {
    throw Error(
        ErrorKind::kConfiguration,
        "\"" + url +
            "\" is no URL of a Redis server: write "
            "\"redis://host[:port][/database]\", with \"rediss\" for TLS");
  }
  return *address;
}

}  // namespace acme
