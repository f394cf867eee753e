// SPDX-License-Identifier: BSD-2-Clause
// The real doors to the outside.
#include "acme_core/engine/engine_environment.h"

#include <set>
#include <string>
#include <utility>

#include "acme_core/crypto/ocsp.h"
#include "acme_core/fleet/fleet_node.h"
#include "acme_core/fleet/storage_spec.h"
#include "acme_core/net/curl_http_client.h"
#include "acme_core/storage/file_store.h"
#include "acme_core/storage/memory_store.h"
#include "acme_core/storage/sealed_file_system.h"

namespace acme {
namespace {

// A listener on this machine answers at once or not at all, and briefly.
constexpr std::chrono::milliseconds kLocalTimeout{3'000};
constexpr std::size_t kLocalResponseLimit = 4096;
// Certificates take turns at their responders.
constexpr std::chrono::milliseconds kResponderTimeout{15'000};

// Those that are worked for: not archives, nor those of former issuers, which
// are this machine's alone.
std::set<std::string> state_directories(const Plan& plan) {
  std::set<std::string> paths;
  for (const IssuerSpec& issuer : plan.issuers) {
    paths.insert(issuer.state_path);
  }
  return paths;
}

// nullptr: this machine is alone.
std::shared_ptr<FleetNode> join_fleet(const Plan& plan, Clock& clock,
                                      Logger& logger) {
  return plan.storage
             ? std::make_shared<FleetNode>(open_tree(*plan.storage),
                                           plan.storage->node, clock, logger)
             : nullptr;
}

}  // namespace

EngineEnvironment real_environment(const Plan& plan, Logger& logger,
                                   Publisher& publisher,
                                   const Responders& responders,
                                   Monitor& monitor, CommandSource* commands) {
  static SystemClock clock;
  static SystemRandom random;
  return {
      .clock = clock,
      .random = random,
      .logger = logger,
      .publisher = publisher,
      .responders = responders,
      .connect = [agent = plan.user_agent, &logger](
                     const IssuerSpec& issuer) -> std::unique_ptr<HttpClient> {
        CurlHttpClientOptions options;
        options.user_agent = agent;
        options.verify_peer = issuer.verify_peer;
        options.tell_unverified =
            [log = EventLog(logger, issuer.name)](const std::string& what) {
              log.warn(what);
            };
        options.trusted_certificates = issuer.trusted_certificates;
        options.resolver = issuer.resolver;
        return std::make_unique<CurlHttpClient>(std::move(options));
      },
      .connect_to_responder =
          [agent = plan.user_agent](
              const IssuerSpec& issuer) -> std::unique_ptr<HttpClient> {
        CurlHttpClientOptions options;
        options.user_agent = agent;
        options.any_scheme = true;
        options.resolver = issuer.resolver;
        options.connect_timeout = kResponderTimeout;
        options.total_timeout = kResponderTimeout;
        options.response_limit = kLargestOcspResponse;
        return std::make_unique<CurlHttpClient>(std::move(options));
      },
      .connect_locally =
          [agent = plan.user_agent]() -> std::unique_ptr<HttpClient> {
        CurlHttpClientOptions options;
        options.user_agent = agent;
        options.plain_http = true;
        options.connect_timeout = kLocalTimeout;
        options.total_timeout = kLocalTimeout;
        options.response_limit = kLocalResponseLimit;
        return std::make_unique<CurlHttpClient>(std::move(options));
      },
      .open_state = [keys = plan.state_keys,
                     fleet = join_fleet(plan, clock, logger),
                     shared = state_directories(plan)](
                        const IssuerSpec& issuer) -> std::unique_ptr<Store> {
        if (issuer.state_path.empty()) {
          return std::make_unique<MemoryStore>();
        }
        auto directory = open_state_directory(issuer.state_path, keys);
        if (fleet && shared.contains(issuer.state_path)) {
          directory = fleet->open(issuer.name, std::move(directory));
        }
        return std::make_unique<FileStore>(std::move(directory));
      },
      .limits =
          [](const IssuerSpec& issuer) {
            return limits_for(issuer.directory_url, issuer.limits);
          },
      .look_up_dns =
          [](const IssuerSpec& issuer) -> std::unique_ptr<DnsLookup> {
        return std::make_unique<ResolverDnsLookup>(issuer.resolver);
      },
      .connect_to_service = [agent = plan.user_agent](const std::string& url)
          -> std::unique_ptr<HttpClient> {
        CurlHttpClientOptions options;
        options.user_agent = agent;
        options.plain_http = url.starts_with("http://");
        return std::make_unique<CurlHttpClient>(std::move(options));
      },
      .monitor = monitor,
      .commands = commands,
  };
}

}  // namespace acme
