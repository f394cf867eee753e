// SPDX-License-Identifier: BSD-2-Clause
// The DNS client without nginx, for tests against real name servers
// (tests/e2e/test_name_servers.py).
//
//   dns_conformance present|cleanup SERVER KEY ALGORITHM SECRET ZONE
//                   DOMAIN FQDN VALUE [SECONDS]
//       one dynamic update; SECRET is base64url, ZONE may be empty, the clock
//       is SECONDS ahead
//   dns_conformance look RESOLVER FQDN
//       where the name leads, its zone, and the TXT values at each name server
//
// Status 1, with a message, when something went wrong.
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "acme_core/challenge/rfc2136.h"
#include "acme_core/crypto/base64url.h"
#include "acme_core/error.h"
#include "acme_core/net/dns_lookup.h"

namespace acme {
namespace {

class ClockAhead final : public Clock {
 public:
  explicit ClockAhead(std::chrono::seconds ahead) : ahead_(ahead) {}

  [[nodiscard]] TimePoint now() const override {
    return SystemClock().now() + ahead_;
  }
  [[nodiscard]] SteadyPoint steady_now() const override {
    return SystemClock().steady_now();
  }
  void wait_until(std::unique_lock<std::mutex>& lock,
                  std::condition_variable_any& changed, TimePoint until,
                  std::stop_token stop) override {
    SystemClock().wait_until(lock, changed, until - ahead_, std::move(stop));
  }
  void wait_for(std::unique_lock<std::mutex>& lock,
                std::condition_variable_any& changed,
                std::chrono::milliseconds duration,
                std::stop_token stop) override {
    SystemClock().wait_for(lock, changed, duration, std::move(stop));
  }

 private:
  std::chrono::seconds ahead_;
};

int update(const std::vector<std::string>& arguments) {
  const auto secret = base64url_decode(arguments.at(4));
  if (!secret) {
    std::cerr << "the secret is not base64url\n";
    return EXIT_FAILURE;
  }
  const Rfc2136Spec spec{.server = arguments.at(1),
                         .key_name = arguments.at(2),
                         .key_algorithm = arguments.at(3),
                         .key = SecretBytes(secret->begin(), secret->end())};
  const ClockAhead clock(std::chrono::seconds(
      arguments.size() > 9 ? std::stol(arguments.at(9)) : 0));
  Rfc2136Provider provider(spec, arguments.at(5), clock);
  const DnsRecord record{arguments.at(6), arguments.at(7), arguments.at(8)};
  if (arguments.at(0) == "present") {
    provider.present(record, {});
  } else {
    provider.cleanup(record, {});
  }
  return EXIT_SUCCESS;
}

int look(const std::vector<std::string>& arguments) {
  ResolverDnsLookup lookup(DnsServers{.servers = {arguments.at(1)}});
  const std::string name = lookup.follow_aliases(arguments.at(2), {});
  const std::string zone = lookup.zone_of(name, {});
  std::cout << "name " << name << "\nzone " << zone << "\n";
  for (const NameServer& server : lookup.authoritative_servers(zone, {})) {
    const TxtAnswer answer = lookup.txt_at(server, name, {});
    std::cout << "server " << server.name << " " << server.addresses.front()
              << "\n";
    for (const std::string& value : answer.values) {
      std::cout << "text " << value << "\n";
    }
  }
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace acme

int main(int count, char** words) {
  const std::vector<std::string> arguments(words + 1, words + count);
  try {
    return arguments.at(0) == "look" ? acme::look(arguments)
                                     : acme::update(arguments);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return EXIT_FAILURE;
  }
}
