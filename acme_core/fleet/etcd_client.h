// SPDX-License-Identifier: BSD-2-Clause
// Asks the nodes of one etcd: which of them, with which token, and what to make
// of it when one gives no answer.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "acme_core/env/background_thread.h"
#include "acme_core/fleet/etcd_messages.h"
#include "acme_core/net/curl_http_client.h"
#include "acme_core/net/http_client.h"
#include "acme_core/secret.h"

namespace acme {

struct EtcdOptions {
  /// http:// or https://; the next one is asked when one gives no answer. What
  /// is before an "@" in them is left out.
  std::vector<std::string> urls;
  std::string prefix;  ///< such as "/ngx-acme/"; keys are prefix + path
  std::string user;    ///< empty: no authentication
  SecretBytes password;
  std::string trusted_certificates;  ///< PEM; empty: the system's
  std::string client_certificate;    ///< PEM; empty: none
  SecretBytes client_key;
  /// For one request, whatever trickles.
  std::chrono::milliseconds timeout{3000};
  /// Of a watch, after which etcd is asked whether it is still there.
  std::chrono::milliseconds longest_silence{15'000};
  ThreadStarter start_thread = start_background_thread;
};

/// Thread-safe.
class EtcdClient {
 public:
  /// Throws what makes a reply no answer.
  using Read = std::function<void(const EtcdReply&)>;
  using Exchange =
      std::function<EtcdReply(HttpRequest request, const std::stop_token&)>;

  explicit EtcdClient(const EtcdOptions& options);

  /// Has `read` read the reply. After Error(kUnavailable), its own as well, the
  /// next node is asked, unless the question may be asked only once.
  void ask(const EtcdQuestion& question, const std::stop_token& stop,
           const Read& read);
  /// The same of what is no request with one reply.
  void ask(const EtcdQuestion& question, const std::stop_token& stop,
           const Read& read, const Exchange& exchange);

  [[nodiscard]] HttpClient& http() noexcept { return http_; }
  /// Of the node that is asked at present.
  [[nodiscard]] const std::string& url() const;
  /// "URL,URL PREFIX"
  [[nodiscard]] const std::string& place() const noexcept { return place_; }

 private:
  struct Target {
    std::size_t node = 0;
    bool is_known_good = false;
  };

  [[nodiscard]] Target target() const;
  void keep_to(std::size_t node);
  void move_on_from(std::size_t node);

  [[nodiscard]] EtcdReply ask_node(const std::string& url,
                                   const EtcdQuestion& question,
                                   const std::stop_token& stop,
                                   const Exchange& exchange);
  [[nodiscard]] HttpRequest request_for(const std::string& url,
                                        const EtcdQuestion& question,
                                        const SecretBytes& token) const;
  [[nodiscard]] SecretBytes token_at(const std::string& url,
                                     const std::stop_token& stop);
  void forget_token(const SecretBytes& token);
  [[nodiscard]] EtcdReply send(const HttpRequest& request,
                               const std::stop_token& stop);

  const std::vector<std::string> urls_;
  const std::string prefix_;
  const std::string user_;
  const SecretBytes password_;
  const std::string place_;
  mutable std::mutex mutex_;  ///< guards what follows
  Target target_;
  std::optional<SecretBytes> token_;
  CurlHttpClient http_;
};

}  // namespace acme
