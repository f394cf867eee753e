// SPDX-License-Identifier: BSD-2-Clause
// The engine's doors to the outside.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "acme_core/challenge/responders.h"
#include "acme_core/engine/budget.h"
#include "acme_core/engine/dns_providers.h"
#include "acme_core/engine/plan.h"
#include "acme_core/engine/publisher.h"
#include "acme_core/env/background_thread.h"
#include "acme_core/env/clock.h"
#include "acme_core/env/log.h"
#include "acme_core/env/random.h"
#include "acme_core/monitor/command.h"
#include "acme_core/monitor/monitor.h"
#include "acme_core/net/dns_lookup.h"
#include "acme_core/net/http_client.h"
#include "acme_core/storage/store.h"

namespace acme {

/// All references outlive the engine.
struct EngineEnvironment {
  Clock& clock;
  Random& random;
  Logger& logger;
  Publisher& publisher;
  Responders responders;
  /// To an issuer's CA.
  std::function<std::unique_ptr<HttpClient>(const IssuerSpec&)> connect;
  /// To those who answer for the status of an issuer's certificates: over http
  /// or https, what they say is signed.
  std::function<std::unique_ptr<HttpClient>(const IssuerSpec&)>
      connect_to_responder = [](const IssuerSpec&) { return nullptr; };
  /// To our own listeners, over plain HTTP.
  std::function<std::unique_ptr<HttpClient>()> connect_locally;
  /// The state of an issuer.
  std::function<std::unique_ptr<Store>(const IssuerSpec&)> open_state;
  std::function<BudgetLimits(const IssuerSpec&)> limits;
  /// What DNS says about names that the issuer is to sign; nullptr: nothing,
  /// and there are no DNS challenges.
  std::function<std::unique_ptr<DnsLookup>(const IssuerSpec&)> look_up_dns =
      [](const IssuerSpec&) { return nullptr; };
  /// To the web service of a DNS provider, by the scheme of its URL.
  std::function<std::unique_ptr<HttpClient>(const std::string& url)>
      connect_to_service = [](const std::string&) { return nullptr; };
  std::function<std::unique_ptr<DnsProvider>(const DnsProviderSpec&,
                                             const DnsProviderContext&)>
      make_dns_provider = acme::make_dns_provider;
  ThreadStarter start_thread = start_background_thread;
  /// Who watches.
  Monitor& monitor = silent_monitor();
  /// Who steers; nullptr: nobody does.
  CommandSource* commands = nullptr;
};

/// libcurl for HTTP, the real disk for state (memory when the issuer has no
/// state path), the machine's clock and random numbers, the limits that CAs
/// publish.
[[nodiscard]] EngineEnvironment real_environment(
    const Plan& plan, Logger& logger, Publisher& publisher,
    const Responders& responders, Monitor& monitor = silent_monitor(),
    CommandSource* commands = nullptr);

}  // namespace acme
