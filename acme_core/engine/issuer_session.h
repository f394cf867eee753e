// SPDX-License-Identifier: BSD-2-Clause
// All certificates of one issuer: its account, its schedule, its threads.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "acme_core/engine/engine.h"
#include "acme_core/engine/schedule.h"
#include "acme_core/protocol/client.h"
#include "acme_core/storage/file_store.h"

namespace acme {

/// Works in three steps: waits until no other process works for this state
/// directory, reads what is there, and then issues and renews with up to eight
/// orders at once. An error of one certificate delays that certificate only; a
/// CA that gives no answer pauses the whole session.
class IssuerSession {
 public:
  /// `plan` outlives the session; `issuer` is an index into it.
  IssuerSession(const Plan& plan, std::size_t issuer,
                EngineEnvironment environment);
  /// Stops and waits.
  ~IssuerSession();
  IssuerSession(const IssuerSession&) = delete;
  IssuerSession& operator=(const IssuerSession&) = delete;

  void start();
  void request_stop() noexcept;
  /// False when threads still run at `until`.
  bool wait_until_ended(std::chrono::steady_clock::time_point until);

 private:
  struct Certificate {
    const CertificateSpec* spec = nullptr;
    unsigned failures = 0;  ///< in a row
    TimePoint expires = TimePoint::min();
  };

  /// Call with mutex_ held.
  void start_thread(void (IssuerSession::*body)(const std::stop_token&));
  void lead(const std::stop_token& stop);
  void acquire_state(const std::stop_token& stop);
  void load_certificates();
  [[nodiscard]] std::optional<StoredCertificate> load_certificate(
      std::size_t index);
  void start_workers();
  void work(const std::stop_token& stop);
  [[nodiscard]] std::optional<std::size_t> next_certificate(
      const std::stop_token& stop);
  void renew(std::size_t index, const std::stop_token& stop);

  void ensure_account(const std::stop_token& stop);
  [[nodiscard]] PrivateKey account_key();
  void register_account(const std::stop_token& stop);
  void forget_account(const std::string& url);
  [[nodiscard]] StoredCertificate obtain_as_member(std::size_t index,
                                                   const std::stop_token& stop);
  [[nodiscard]] StoredCertificate obtain(std::size_t index,
                                         const std::stop_token& stop);

  void succeeded(std::size_t index, const StoredCertificate& certificate);
  void failed(std::size_t index, const Error& error);
  void pause_session(const Error& error);
  void schedule(std::size_t index, TimePoint due);

  const IssuerSpec& spec_;
  EngineEnvironment environment_;
  EventLog log_;
  std::unique_ptr<FileSystem> files_;
  FileStore store_;
  std::unique_ptr<FileLock> state_lock_;
  std::unique_ptr<HttpClient> http_;

  std::mutex account_mutex_;  ///< held while the account is being set up
  std::unique_ptr<Client> client_;

  std::mutex mutex_;  ///< guards what follows
  std::condition_variable_any changed_;
  Schedule schedule_;
  std::map<std::size_t, Certificate> certificates_;  // by index in the plan
  unsigned outages_ = 0;                             ///< in a row
  TimePoint paused_until_ = TimePoint::min();
  unsigned running_threads_ = 0;
  bool stop_requested_ = false;

  std::vector<std::jthread> threads_;
};

}  // namespace acme
