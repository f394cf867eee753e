// SPDX-License-Identifier: BSD-2-Clause
// The real doors to the outside of whoever delivers events.
#include <utility>

#include "acme_core/events/event_dispatcher.h"
#include "acme_core/net/curl_http_client.h"

namespace acme {
namespace {

constexpr std::chrono::milliseconds kTimeout{10'000};

}  // namespace

EventEnvironment real_event_environment(
    const std::string& user_agent, Logger& logger,
    std::map<std::string, std::string> state_paths) {
  static SystemClock clock;
  static SystemRandom random;
  return {
      .clock = clock,
      .random = random,
      .logger = logger,
      .connect =
          [user_agent](const std::string& url) -> std::unique_ptr<HttpClient> {
        CurlHttpClientOptions options;
        options.user_agent = user_agent;
        options.plain_http = url.starts_with("http://");
        options.connect_timeout = kTimeout;
        options.total_timeout = kTimeout;
        return std::make_unique<CurlHttpClient>(std::move(options));
      },
      .state_paths = std::move(state_paths),
      .open_state = [](const std::string& path) -> std::unique_ptr<FileSystem> {
        return std::make_unique<PosixFileSystem>(path);
      }};
}

}  // namespace acme
