// SPDX-License-Identifier: BSD-2-Clause
// One address after the other, each with its share of the time.
#include "acme_core/fleet/redis_nodes.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "acme_core/error.h"

namespace acme {
namespace {

// A line "name:value" of INFO; empty: there is none.
std::string info_field(std::string_view info, const std::string& name) {
  const std::string wanted = "\n" + name + ":";
  const std::size_t found = info.find(wanted);
  if (found == std::string_view::npos) {
    return {};
  }
  info.remove_prefix(found + wanted.size());
  return std::string(info.substr(0, info.find_first_of("\r\n")));
}

template <typename Act>
auto about(const RedisAddress& address, Act act) {
  try {
    return act();
  } catch (Error& error) {
    throw error.with_context(address.url());
  }
}

}  // namespace

RedisNodes::RedisNodes(const RedisOptions& options)
    : options_(options),
      resolver_({.servers = {}, .timeout = options.timeout}, clock_) {
  const char* default_port = options.sentinel_master.empty() ? "6379" : "26379";
  for (const std::string& url : options.urls) {
    addresses_.push_back(parse_redis_url(url, default_port));
  }
  if (addresses_.empty()) {
    throw Error(ErrorKind::kConfiguration, "Redis has no URL: give one");
  }
  if (std::any_of(addresses_.begin(), addresses_.end(),
                  [](const RedisAddress& one) { return one.has_tls; })) {
    tls_.emplace(TlsSettings{options.trusted_certificates,
                             options.client_certificate, options.client_key});
  }
}

RedisNode RedisNodes::connect(const IoWait& wait) {
  const std::size_t count = addresses_.size();
  const std::size_t first = first_;
  std::string failures;
  bool may_pass = false;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = (first + i) % count;
    try {
      const IoWait part = wait.share(count - i);
      RedisNode node = open_master(options_.sentinel_master.empty()
                                       ? addresses_[at]
                                       : ask_sentinel(addresses_[at], part),
                                   part);
      first_ = at;
      return node;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kUnavailable &&
          error.kind() != ErrorKind::kPermanent) {
        throw;
      }
      may_pass = may_pass || error.kind() == ErrorKind::kUnavailable;
      failures.append(failures.empty() ? "" : "; ").append(error.what());
    }
  }
  throw Error(may_pass ? ErrorKind::kUnavailable : ErrorKind::kPermanent,
              failures);
}

std::unique_ptr<RedisConnection> RedisNodes::open(const RedisAddress& address,
                                                  const IoWait& wait) {
  return std::make_unique<RedisConnection>(
      ByteStream({address.host, address.port,
                  address.has_tls && tls_ ? &*tls_ : nullptr},
                 resolver_, wait),
      address.url());
}

RedisNode RedisNodes::open_master(const RedisAddress& address,
                                  const IoWait& wait) {
  return about(address, [&] {
    RedisNode node{open(address, wait), {}};
    node.connection->log_in(
        {options_.user, options_.password, address.database}, wait);
    const std::string info = node.connection->require({"INFO"}, wait).text();
    node.run_id = info_field(info, "run_id");
    if (node.run_id.empty()) {
      throw Error(ErrorKind::kUnavailable, "it does not tell its run_id");
    }
    // Sentinel may not have noticed yet, and a replica may take writes that its
    // master will not know.
    if (info_field(info, "role") != "master") {
      throw Error(ErrorKind::kUnavailable,
                  "it is a replica, which takes no writes");
    }
    return node;
  });
}

RedisAddress RedisNodes::ask_sentinel(const RedisAddress& sentinel,
                                      const IoWait& wait) {
  return about(sentinel, [&]() -> RedisAddress {
    const auto connection = open(sentinel, wait);
    connection->log_in({.password = options_.sentinel_password}, wait);
    const RedisReply reply = connection->require(
        {"SENTINEL", "get-master-addr-by-name", options_.sentinel_master},
        wait);
    if (reply.is_nil()) {
      throw Error(ErrorKind::kPermanent, "this Sentinel knows no master \"" +
                                             options_.sentinel_master +
                                             "\": check the name");
    }
    const RedisReply::List& found = reply.list(2);
    return {sentinel.has_tls, found[0].text(), found[1].text(),
            sentinel.database};
  });
}

}  // namespace acme
