// SPDX-License-Identifier: BSD-2-Clause
// Lookups, one question after the other.
#include "acme_core/net/dns_lookup.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <utility>

#include "acme_core/error.h"
#include "acme_core/net/dns_client.h"

namespace acme {
namespace {

using std::chrono::milliseconds;

// No honest zone comes near these.
constexpr std::size_t kMostAliases = 16;
constexpr std::size_t kMostServers = 16;
constexpr std::size_t kMostAddresses = 8;
// As many as the system's own resolver uses.
constexpr std::size_t kMostResolvers = 3;

std::string require_name(const std::string& text) {
  auto name = canonical_name(text);
  if (!name) {
    throw Error(ErrorKind::kConfiguration,
                "\"" + text + "\" is not a DNS name");
  }
  return std::move(*name);
}

const DnsAnswer* find(const DnsReply& reply, const std::string& owner,
                      DnsType type) {
  const auto found = std::find_if(
      reply.answers.begin(), reply.answers.end(), [&](const DnsAnswer& answer) {
        return answer.owner == owner && answer.type == type;
      });
  return found == reply.answers.end() ? nullptr : &*found;
}

// Of the name itself, or of what the answer says that it is an alias of.
std::vector<std::string> values_of(const DnsReply& reply, std::string owner,
                                   DnsType type) {
  for (std::size_t i = 0; i < kMostAliases; ++i) {
    const DnsAnswer* alias = find(reply, owner, DnsType::kCname);
    if (alias == nullptr) {
      break;
    }
    owner = alias->value;
  }
  std::vector<std::string> values;
  for (const DnsAnswer& answer : reply.answers) {
    if (answer.owner == owner && answer.type == type) {
      values.push_back(answer.value);
    }
  }
  return values;
}

bool is_an_answer(const DnsReply& reply) {
  return reply.rcode == DnsRcode::kNoError ||
         reply.rcode == DnsRcode::kNxDomain;
}

std::string with_port(const std::string& address, const std::string& port) {
  return address.find(':') == std::string::npos ? address + ":" + port
                                                : "[" + address + "]:" + port;
}

}  // namespace

ResolverDnsLookup::ResolverDnsLookup(std::optional<DnsServers> resolvers,
                                     std::string port)
    : resolvers_(std::move(resolvers)), port_(std::move(port)) {}

// One question for each name, so that a server without recursion will do.
std::string ResolverDnsLookup::follow_aliases(const std::string& fqdn,
                                              std::stop_token stop) {
  std::string name = require_name(fqdn);
  std::set<std::string> seen{name};
  for (;;) {
    const DnsReply reply = resolve(name, DnsType::kCname, stop);
    const DnsAnswer* alias = find(reply, name, DnsType::kCname);
    if (alias == nullptr) {
      return name;
    }
    name = alias->value;
    if (!seen.insert(name).second || seen.size() > kMostAliases) {
      throw Error(
          ErrorKind::kConfiguration,
          "\"" + fqdn + "\" is an alias that leads nowhere: correct its CNAME");
    }
  }
}

std::string ResolverDnsLookup::zone_of(const std::string& fqdn,
                                       std::stop_token stop) {
  const std::string start = require_name(fqdn);
  for (std::string name = start; !name.empty();
       name = std::string(parent_name(name))) {
    std::string zone = zone_in(resolve(name, DnsType::kSoa, stop), name);
    if (!zone.empty()) {
      return zone;
    }
  }
  throw Error(ErrorKind::kUnavailable,
              "no DNS server knows the zone of \"" + fqdn + "\"");
}

std::vector<NameServer> ResolverDnsLookup::authoritative_servers(
    const std::string& zone, std::stop_token stop) {
  const std::string name = require_name(zone);
  std::vector<NameServer> servers;
  for (std::string& host :
       values_of(resolve(name, DnsType::kNs, stop), name, DnsType::kNs)) {
    std::vector<std::string> addresses = addresses_of(host, stop);
    if (!addresses.empty()) {
      servers.push_back({std::move(host), std::move(addresses)});
    }
    if (servers.size() == kMostServers) {
      break;
    }
  }
  if (servers.empty()) {
    throw Error(ErrorKind::kUnavailable,
                "the addresses of the name servers of \"" + zone +
                    "\" cannot be found");
  }
  return servers;
}

std::vector<std::string> ResolverDnsLookup::addresses_of(
    const std::string& host, const std::stop_token& stop) const {
  const DnsServers settings = resolvers();
  std::vector<std::string> addresses;
  for (const DnsType type : {DnsType::kA, DnsType::kAaaa}) {
    if (!(type == DnsType::kA ? settings.ipv4 : settings.ipv6)) {
      continue;
    }
    try {
      for (const std::string& address :
           values_of(resolve(host, type, stop), host, type)) {
        addresses.push_back(with_port(address, port_));
      }
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::kStopped) {
        throw;
      }  // another address or another server may do
    }
  }
  addresses.resize(std::min(addresses.size(), kMostAddresses));
  return addresses;
}

TxtAnswer ResolverDnsLookup::txt_at(const NameServer& server,
                                    const std::string& fqdn,
                                    std::stop_token stop) {
  const std::string name = require_name(fqdn);
  TxtAnswer answer{TxtAnswer::Status::kSilent, {}, "it has no address"};
  for (const std::string& address : server.addresses) {
    try {
      const DnsReply reply =
          ask_dns(address, {name, DnsType::kTxt, false}, kDnsTimeout, stop);
      if (!is_an_answer(reply)) {
        return {TxtAnswer::Status::kRefused, {}, to_string(reply.rcode)};
      }
      if (!reply.authoritative) {
        return {TxtAnswer::Status::kRefused,
                {},
                "an answer without authority for the zone"};
      }
      return {TxtAnswer::Status::kAnswered,
              values_of(reply, name, DnsType::kTxt),
              {}};
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::kStopped) {
        throw;
      }
      answer.fault = error.what();
    }
  }
  return answer;
}

TxtAnswer ResolverDnsLookup::txt(const std::string& fqdn,
                                 std::stop_token stop) {
  const std::string name = require_name(fqdn);
  try {
    return {TxtAnswer::Status::kAnswered,
            values_of(resolve(name, DnsType::kTxt, stop), name, DnsType::kTxt),
            {}};
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUnavailable) {
      throw;
    }
    return {TxtAnswer::Status::kSilent, {}, error.what()};
  }
}

DnsServers ResolverDnsLookup::resolvers() const {
  return resolvers_ ? *resolvers_ : system_dns_servers();
}

DnsReply ResolverDnsLookup::resolve(const std::string& name, DnsType type,
                                    const std::stop_token& stop) const {
  const DnsServers settings = resolvers();
  std::string faults;
  for (const std::string& server : settings.servers) {
    std::string fault;
    try {
      DnsReply reply = ask_dns(server, {name, type, true},
                               std::min(kDnsTimeout, settings.timeout), stop);
      if (is_an_answer(reply)) {
        return reply;
      }
      fault = to_string(reply.rcode);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kUnavailable) {
        throw;
      }
      fault = error.what();
    }
    faults.append(faults.empty() ? "" : "; ")
        .append(server)
        .append(": ")
        .append(fault);
  }
  throw Error(ErrorKind::kUnavailable,
              "cannot look up \"" + name + "\" in DNS (" + faults + ")");
}

DnsServers system_dns_servers(const std::string& path) {
  DnsServers found;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string keyword;
    std::string address;
    if (words >> keyword >> address && keyword == "nameserver" &&
        found.servers.size() < kMostResolvers) {
      found.servers.push_back(with_port(address, "53"));
    }
  }
  if (found.servers.empty()) {
    found.servers.emplace_back("127.0.0.1:53");
  }
  return found;
}

}  // namespace acme
