// SPDX-License-Identifier: BSD-2-Clause
// A DNS server on the loopback interface that answers as a test says.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "acme_core/env/descriptor.h"

namespace acme {

/// UDP, and TCP on the same port for those whose answer was cut short.
class DnsTestServer {
 public:
  enum class Mood {
    kHelpful,
    kSilent,     ///< answers nothing
    kFailing,    ///< SERVFAIL
    kTruncates,  ///< over UDP, nothing but the flag that says so
    kBabbles,    ///< sends bytes that are no answer
  };

  DnsTestServer();
  ~DnsTestServer();
  DnsTestServer(const DnsTestServer&) = delete;
  DnsTestServer& operator=(const DnsTestServer&) = delete;

  /// "127.0.0.1:PORT".
  [[nodiscard]] std::string address() const;

  /// Addresses of a host, IPv4 and IPv6; hosts without any do not exist.
  void set(const std::string& host, std::vector<std::string> addresses,
           std::uint32_t ttl = 300);
  void set(Mood mood) { mood_ = mood; }

  /// Questions heard, for A and AAAA records each.
  [[nodiscard]] unsigned questions() const { return questions_; }
  void wait_for_a_question() const { questions_.wait(0); }

 private:
  struct Host {
    std::vector<std::string> addresses;
    std::uint32_t ttl;
  };

  void run();
  void serve_stream();
  [[nodiscard]] std::string answer(const std::string& query, bool is_stream);

  Descriptor datagrams_;
  Descriptor streams_;
  Descriptor stop_;
  std::atomic<Mood> mood_{Mood::kHelpful};
  std::atomic<unsigned> questions_{0};
  std::mutex mutex_;  ///< guards what follows
  std::map<std::string, Host> hosts_;
  std::jthread thread_;
};

}  // namespace acme
