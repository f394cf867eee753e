// SPDX-License-Identifier: BSD-2-Clause
// A real etcd of a test's own, on loopback ports and in a temporary directory.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "acme_core/env/descriptor.h"
#include "acme_core/fleet/etcd_client.h"
#include "acme_core/net/curl_http_client.h"
#include "acme_core/secret.h"
#include "tests/support/temporary_directory.h"

namespace acme {

struct EtcdServerSettings {
  std::vector<std::string> arguments = {};
  /// PEM, of the server, who also trusts it, and whom it lets in; empty: it
  /// speaks http. It is a client of itself: its certificate is for both.
  std::string certificate = {};
  SecretBytes key = {};
  std::string client_roots = {};
};

class EtcdServer {
 public:
  /// False: the program is not installed here.
  [[nodiscard]] static bool is_installed();

  /// Starts it, and returns when it answers. Throws its last words when it does
  /// not.
  explicit EtcdServer(EtcdServerSettings settings = {});
  /// Kills it.
  ~EtcdServer();
  EtcdServer(const EtcdServer&) = delete;
  EtcdServer& operator=(const EtcdServer&) = delete;

  [[nodiscard]] std::string url() const;
  /// Those of a client that it lets in, as far as certificates go.
  [[nodiscard]] EtcdOptions options(const std::string& prefix) const;

  /// What it answers to JSON for a path such as "/v3/auth/enable". Throws when
  /// it refuses.
  std::string call(const std::string& path, const std::string& json,
                   const std::string& token = {});

  /// As a power cut does it.
  void kill();
  /// Again, on the same port and with what it had.
  void start();
  /// Its connections stay, and it does nothing.
  void pause();
  void resume();

 private:
  void hold_port();
  [[nodiscard]] std::vector<std::string> arguments() const;
  void run(const std::vector<std::string>& arguments);
  void read_log(const Descriptor& log);

  const EtcdServerSettings settings_;
  const TemporaryDirectory directory_;
  Descriptor port_holder_;
  std::uint16_t port_ = 0;
  pid_t process_ = -1;
  std::unique_ptr<CurlHttpClient> http_;
  std::mutex mutex_;  ///< guards what follows
  std::condition_variable changed_;
  std::string log_;
  bool is_ready_ = false;
  bool has_ended_ = false;
  std::jthread log_reader_;
};

}  // namespace acme
