// SPDX-License-Identifier: BSD-2-Clause
// What DNS knows of the names that prove control: aliases, zones, the zones'
// own servers, and what these answer.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "acme_core/net/dns_message.h"
#include "acme_core/net/host_resolver.h"

namespace acme {

/// A server that answers for a zone.
struct NameServer {
  std::string name;
  /// "192.0.2.53:53", "[2001:db8::53]:53"; the first that answers is believed.
  std::vector<std::string> addresses;
};

/// The TXT values that a server has for a name.
struct TxtAnswer {
  enum class Status {
    kAnswered,
    kRefused,  ///< an answer, but none to the question
    kSilent,   ///< nothing came back
  };
  Status status = Status::kAnswered;
  std::vector<std::string> values;  ///< of kAnswered; may be none
  std::string fault;                ///< of the others: "SERVFAIL"
};

/// Names end with a dot. Thread-safe. Everything throws Error(kStopped); what
/// asks a resolver also throws kUnavailable when none answers.
class DnsLookup {
 public:
  virtual ~DnsLookup() = default;

  /// Where the name leads: itself, or the last of its CNAMEs. It does not have
  /// to exist. Throws Error(kConfiguration) when they lead in a circle.
  [[nodiscard]] virtual std::string follow_aliases(const std::string& fqdn,
                                                   std::stop_token stop) = 0;

  /// The zone that the name is in.
  [[nodiscard]] virtual std::string zone_of(const std::string& fqdn,
                                            std::stop_token stop) = 0;

  /// Those that the zone names. Throws Error(kUnavailable) when it names none
  /// whose address can be found.
  [[nodiscard]] virtual std::vector<NameServer> authoritative_servers(
      const std::string& zone, std::stop_token stop) = 0;

  /// What one of them knows itself.
  [[nodiscard]] virtual TxtAnswer txt_at(const NameServer& server,
                                         const std::string& fqdn,
                                         std::stop_token stop) = 0;

  /// What the resolver finds, perhaps in its memory.
  [[nodiscard]] virtual TxtAnswer txt(const std::string& fqdn,
                                      std::stop_token stop) = 0;
};

/// The real ones.
class ResolverDnsLookup final : public DnsLookup {
 public:
  /// `resolvers`: who is asked; nullopt: those of /etc/resolv.conf at the time.
  /// Name servers listen on `port`.
  explicit ResolverDnsLookup(std::optional<DnsServers> resolvers,
                             std::string port = "53");

  [[nodiscard]] std::string follow_aliases(const std::string& fqdn,
                                           std::stop_token stop) override;
  [[nodiscard]] std::string zone_of(const std::string& fqdn,
                                    std::stop_token stop) override;
  [[nodiscard]] std::vector<NameServer> authoritative_servers(
      const std::string& zone, std::stop_token stop) override;
  [[nodiscard]] TxtAnswer txt_at(const NameServer& server,
                                 const std::string& fqdn,
                                 std::stop_token stop) override;
  [[nodiscard]] TxtAnswer txt(const std::string& fqdn,
                              std::stop_token stop) override;

 private:
  [[nodiscard]] DnsServers resolvers() const;
  [[nodiscard]] DnsReply resolve(const std::string& name, DnsType type,
                                 const std::stop_token& stop) const;
  [[nodiscard]] std::vector<std::string> addresses_of(
      const std::string& host, const std::stop_token& stop) const;

  const std::optional<DnsServers> resolvers_;
  const std::string port_;
};

/// The servers of a file like /etc/resolv.conf: "192.0.2.53:53". This machine
/// when it names none (resolv.conf(5)).
[[nodiscard]] DnsServers system_dns_servers(
    const std::string& path = "/etc/resolv.conf");

}  // namespace acme
