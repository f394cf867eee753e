// SPDX-License-Identifier: BSD-2-Clause
// DNS records published by an acme-dns server, of which each
// "_acme-challenge" name is an alias.
#pragma once

#include <mutex>
#include <stop_token>
#include <string>

#include "acme_core/challenge/dns_provider.h"
#include "acme_core/challenge/dns_provider_spec.h"
#include "acme_core/env/log.h"
#include "acme_core/net/http_client.h"
#include "acme_core/storage/store.h"

namespace acme {

/// A domain is registered at the server the first time that it is proved. Then
/// a person has to create the alias: until it is seen, present() throws
/// Error(kConfiguration), which says what the record is. One provider for an
/// issuer and a server, so that nothing is registered twice.
///
/// The server keeps the last two values of a name, those of a domain and its
/// wildcard: orders for the same domain take turns.
class AcmeDnsProvider final : public DnsProvider {
 public:
  /// The references outlive the provider. `http` speaks the URL's scheme.
  AcmeDnsProvider(AcmeDnsSpec spec, HttpClient& http, Store& accounts,
                  EventLog log);

  void present(const DnsRecord& record, std::stop_token stop) override;

  /// Does nothing: the interface cannot remove values. A new one takes the
  /// place of the oldest.
  void cleanup(const DnsRecord& record, std::stop_token stop) override;

  [[nodiscard]] std::string lock_name(const DnsRecord& record) const override {
    return record.fqdn;
  }

 private:
  [[nodiscard]] AcmeDnsAccount account_of(const std::string& domain,
                                          std::stop_token stop);
  [[nodiscard]] AcmeDnsAccount enroll(const std::string& domain,
                                      std::stop_token stop);

  const std::string server_url_;
  HttpClient& http_;
  Store& accounts_;
  const EventLog log_;
  std::mutex enrolling_;  ///< held while an account is looked for or made
};

}  // namespace acme
