// SPDX-License-Identifier: BSD-2-Clause
// Records by dynamic update (RFC 2136), signed with TSIG (RFC 8945).
#pragma once

#include <chrono>
#include <stop_token>
#include <string>

#include "acme_core/challenge/dns_provider.h"
#include "acme_core/challenge/dns_provider_spec.h"
#include "acme_core/env/clock.h"
#include "acme_core/net/dns_update.h"

namespace acme {

/// Asks the zone's primary server to add one TXT record, which may be cached
/// for a minute, and later to delete exactly that one. Which zone it is the
/// server itself says.
class Rfc2136Provider final : public DnsProvider {
 public:
  static constexpr std::chrono::seconds kTimeToLive{60};

  /// `zone` is taken where the server does not say; it may be empty. `clock`
  /// dates the signatures, and outlives the provider. Throws
  /// Error(kConfiguration) for a key that cannot be used.
  Rfc2136Provider(const Rfc2136Spec& spec, const std::string& zone,
                  const Clock& clock);

  void present(const DnsRecord& record, std::stop_token stop) override;
  void cleanup(const DnsRecord& record, std::stop_token stop) override;

 private:
  void change(DnsUpdate::Action action, const DnsRecord& record,
              std::stop_token stop) const;
  [[nodiscard]] std::string zone_of(const std::string& fqdn,
                                    const std::stop_token& stop) const;
  [[nodiscard]] std::string advice(const DnsUpdateReply& reply,
                                   const DnsUpdate& update) const;

  const std::string server_;
  const std::string zone_;
  const TsigKey key_;
  const Clock& clock_;
};

}  // namespace acme
