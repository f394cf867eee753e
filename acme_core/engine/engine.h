// SPDX-License-Identifier: BSD-2-Clause
// Keeps every certificate of a plan issued and renewed.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "acme_core/engine/plan.h"
#include "acme_core/engine/publisher.h"
#include "acme_core/env/clock.h"
#include "acme_core/env/file_system.h"
#include "acme_core/env/log.h"
#include "acme_core/env/random.h"
#include "acme_core/net/http_client.h"

namespace acme {

class IssuerSession;

/// The engine's doors to the outside. All references outlive the engine.
struct EngineEnvironment {
  Clock& clock;
  Random& random;
  Logger& logger;
  Publisher& publisher;
  std::function<std::unique_ptr<HttpClient>(const IssuerSpec&)> connect;
  std::function<std::unique_ptr<FileSystem>(const IssuerSpec&)> open_state;
};

/// libcurl for HTTP, the real disk for state (memory when the issuer has no
/// state path), the machine's clock and random numbers.
[[nodiscard]] EngineEnvironment real_environment(const Plan& plan,
                                                 Logger& logger,
                                                 Publisher& publisher);

/// Runs one session per issuer on threads of its own.
class Engine {
 public:
  Engine(Plan plan, const EngineEnvironment& environment);
  /// Stops, however long that takes.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Starts the threads, with all signals blocked: the process's own thread
  /// handles them. Call once.
  void start();

  /// Asks all threads to end and waits for them until `deadline` is over;
  /// false when some still run. Orders under way are resumed by the next
  /// engine.
  bool stop(std::chrono::milliseconds deadline);

 private:
  const Plan plan_;
  std::vector<std::unique_ptr<IssuerSession>> sessions_;
};

}  // namespace acme
