// SPDX-License-Identifier: BSD-2-Clause
// The engine: one session per issuer.
#include "acme_core/engine/engine.h"

#include <utility>

#include "acme_core/engine/issuer_session.h"
#include "acme_core/env/memory_file_system.h"
#include "acme_core/net/curl_http_client.h"

namespace acme {

EngineEnvironment real_environment(const Plan& plan, Logger& logger,
                                   Publisher& publisher) {
  static SystemClock clock;
  static SystemRandom random;
  return {
      .clock = clock,
      .random = random,
      .logger = logger,
      .publisher = publisher,
      .connect = [agent = plan.user_agent](
                     const IssuerSpec& issuer) -> std::unique_ptr<HttpClient> {
        CurlHttpClientOptions options;
        options.user_agent = agent;
        options.verify_peer = issuer.verify_peer;
        options.trusted_certificates = issuer.trusted_certificates;
        return std::make_unique<CurlHttpClient>(std::move(options));
      },
      .open_state =
          [](const IssuerSpec& issuer) -> std::unique_ptr<FileSystem> {
        if (issuer.state_path.empty()) {
          return std::make_unique<MemoryFileSystem>();
        }
        return std::make_unique<PosixFileSystem>(issuer.state_path);
      },
  };
}

Engine::Engine(Plan plan, const EngineEnvironment& environment)
    : plan_(std::move(plan)) {
  for (std::size_t i = 0; i < plan_.issuers.size(); ++i) {
    sessions_.push_back(std::make_unique<IssuerSession>(plan_, i, environment));
  }
}

Engine::~Engine() = default;

void Engine::start() {
  for (const auto& session : sessions_) {
    session->start();
  }
}

bool Engine::stop(std::chrono::milliseconds deadline) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  for (const auto& session : sessions_) {
    session->request_stop();
  }
  bool all_ended = true;
  for (const auto& session : sessions_) {
    all_ended = session->wait_until_ended(until) && all_ended;
  }
  return all_ended;
}

}  // namespace acme
