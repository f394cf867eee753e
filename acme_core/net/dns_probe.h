// SPDX-License-Identifier: BSD-2-Clause
// Questions that a CA's resolver will ask, with what it makes of the answers:
// CAA records (RFC 8659) and whether DNSSEC validates (RFC 4035).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "acme_core/net/dns_message.h"
#include "acme_core/net/host_resolver.h"

namespace acme {

enum class ProbeType : std::uint16_t {
  kA = 1,
  kNs = 2,
  kSoa = 6,
  kAaaa = 28,
  kCaa = 257,
};

struct ProbeQuestion {
  std::string name;
  ProbeType type = ProbeType::kA;
  /// The resolver is to answer although DNSSEC fails (the CD bit).
  bool checking_disabled = false;
};

/// One property of a CAA record set.
struct CaaProperty {
  bool is_critical = false;
  std::string tag;    ///< in lower case: "issue", "issuewild", "iodef"
  std::string value;  ///< "ca.example; accounturi=…"
};

struct ProbeReply {
  DnsRcode rcode = DnsRcode::kNoError;
  bool is_authenticated = false;    ///< the resolver has validated it (AD)
  std::vector<std::string> values;  ///< addresses, names; "" for SOA
  std::vector<CaaProperty> caa;
};

/// Thread-safe.
class DnsProbe {
 public:
  virtual ~DnsProbe() = default;

  /// Whatever the resolver answers, refusals included. Throws
  /// Error(kUnavailable) when none does, kConfiguration for what is no name,
  /// kStopped.
  [[nodiscard]] virtual ProbeReply ask(const ProbeQuestion& question,
                                       std::stop_token stop) = 0;
};

class ResolverDnsProbe final : public DnsProbe {
 public:
  /// nullopt: those of /etc/resolv.conf.
  explicit ResolverDnsProbe(std::optional<DnsServers> resolvers);

  [[nodiscard]] ProbeReply ask(const ProbeQuestion& question,
                               std::stop_token stop) override;

 private:
  const DnsServers resolvers_;
};

/// nullopt for malformed bytes. Values are of records of the type alone.
[[nodiscard]] std::optional<ProbeReply> read_probe_reply(
    std::span<const std::uint8_t> message, ProbeType type);

}  // namespace acme
