// SPDX-License-Identifier: BSD-2-Clause
// From the configuration's DNS providers to those who publish records.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "acme_core/challenge/dns_listen.h"
#include "acme_core/challenge/dns_provider.h"
#include "acme_core/challenge/dns_provider_spec.h"
#include "acme_core/env/clock.h"
#include "acme_core/env/log.h"
#include "acme_core/net/http_client.h"
#include "acme_core/storage/store.h"

namespace acme {

/// What the providers of one issuer work with; all of it outlives them.
struct DnsProviderContext {
  Store& store;  ///< of the issuer
  Clock& clock;
  Dns01Responder& responder;
  const EventLog& log;
  /// To the web service at a URL; the client lives as long as the providers.
  std::function<HttpClient&(const std::string& url)> connect;
};

/// Throws Error(kConfiguration) for what cannot be used.
[[nodiscard]] std::unique_ptr<DnsProvider> make_dns_provider(
    const DnsProviderSpec& spec, const DnsProviderContext& context);

}  // namespace acme
