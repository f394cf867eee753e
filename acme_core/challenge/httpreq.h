// SPDX-License-Identifier: BSD-2-Clause
// DNS records published by a web service with lego's httpreq interface.
#pragma once

#include <stop_token>
#include <string>

#include "acme_core/challenge/dns_provider.h"
#include "acme_core/challenge/dns_provider_spec.h"
#include "acme_core/net/http_client.h"

namespace acme {

/// POST URL/present and URL/cleanup with {"fqdn": …, "value": …}; any 2xx is a
/// success. With a user it authenticates itself (RFC 7617).
class HttpReqProvider final : public DnsProvider {
 public:
  /// `http` speaks the URL's scheme and outlives the provider.
  HttpReqProvider(HttpReqSpec spec, HttpClient& http);

  void present(const DnsRecord& record, std::stop_token stop) override;
  void cleanup(const DnsRecord& record, std::stop_token stop) override;

 private:
  void post(const std::string& action, const DnsRecord& record,
            std::stop_token stop);

  const HttpReqSpec spec_;
  HttpClient& http_;
};

}  // namespace acme
