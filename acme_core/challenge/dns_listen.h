// SPDX-License-Identifier: BSD-2-Clause
// DNS-01 without anybody's help: the server itself answers for names that are
// delegated to it, or that are aliases of names that are.
#pragma once

#include <stop_token>
#include <string_view>

#include "acme_core/challenge/dns_provider.h"

namespace acme {

/// Puts TXT values in front of the CA and takes them away again. A name may
/// have several (a domain and its wildcard; two orders); a value is there until
/// it has been removed as often as it was put. Names have their trailing dot or
/// not, in any case. Thread-safe.
class Dns01Responder {
 public:
  virtual ~Dns01Responder() = default;
  /// Throws Error when there is no room.
  virtual void put_txt(std::string_view fqdn, std::string_view value) = 0;
  virtual void remove_txt(std::string_view fqdn,
                          std::string_view value) noexcept = 0;
};

/// Records in the server's own memory, of which every worker knows at once.
class ListenProvider final : public DnsProvider {
 public:
  /// `responder` outlives the provider.
  explicit ListenProvider(Dns01Responder& responder) : responder_(responder) {}

  void present(const DnsRecord& record, std::stop_token stop) override;
  void cleanup(const DnsRecord& record, std::stop_token stop) override;

 private:
  Dns01Responder& responder_;
};

}  // namespace acme
