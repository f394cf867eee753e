// SPDX-License-Identifier: BSD-2-Clause
// HttpClient over libcurl: one loop thread, shared and reused connections.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "acme_core/env/background_thread.h"
#include "acme_core/net/host_resolver.h"
#include "acme_core/net/http_client.h"
#include "acme_core/secret.h"

namespace acme {

struct CurlHttpClientOptions {
  std::string user_agent;  ///< RFC 8555 section 6.1 asks for one
  bool verify_peer = true;
  /// Without verify_peer: told once, before the first answer, of a certificate
  /// that would not verify, and why. May be empty.
  std::function<void(const std::string& what)> tell_unverified;
  /// Trusted roots in PEM; empty: the system's store.
  std::string trusted_certificates;
  /// Who we are, in PEM: our certificate, its chain behind it, and its key;
  /// empty: nobody asks.
  std::string client_certificate = {};
  SecretBytes client_key = {};
  /// Never HTTP/2: every exchange has a connection to itself, which goes when
  /// no answer comes. Otherwise a dead one is used again as long as TCP keeps
  /// it.
  bool http1_only = false;
  std::chrono::milliseconds connect_timeout{15'000};
  std::chrono::milliseconds total_timeout{60'000};
  std::size_t response_limit = 1024 * 1024;
  /// Who is asked for the addresses of hosts; nullopt: the system's resolver.
  std::optional<DnsServers> resolver;
  /// For our own listeners: http instead of https, no proxy, no redirect.
  bool plain_http = false;
  /// For what is signed by itself: http as well as https.
  bool any_scheme = false;
  ThreadStarter start_thread = start_background_thread;
};

/// Requests of any thread are handed to one thread that runs a libcurl multi
/// handle, so that connections (and HTTP/2 streams) are shared. Redirects of
/// GET and HEAD are followed, at most five, to https only unless http will do.
/// Proxies come from the environment. The loop thread starts with the first
/// request.
class CurlHttpClient final : public HttpClient {
 public:
  explicit CurlHttpClient(CurlHttpClientOptions options);
  /// Fails what is under way with Error(kStopped) and ends the loop thread.
  ~CurlHttpClient() override;
  CurlHttpClient(const CurlHttpClient&) = delete;
  CurlHttpClient& operator=(const CurlHttpClient&) = delete;

  [[nodiscard]] HttpResponse send(const HttpRequest& request,
                                  std::stop_token stop) override;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace acme
