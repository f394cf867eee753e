// SPDX-License-Identifier: BSD-2-Clause
// A DNS server on the loopback interface that answers as a test says.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "tests/support/dns_sockets.h"

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

  /// "127.0.0.1:PORT".
  [[nodiscard]] std::string address() const { return sockets_.address(); }

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

  [[nodiscard]] std::string answer(const std::string& query, bool is_stream);

  std::atomic<Mood> mood_{Mood::kHelpful};
  std::atomic<unsigned> questions_{0};
  std::mutex mutex_;  ///< guards what follows
  std::map<std::string, Host> hosts_;
  DnsSockets sockets_;
};

}  // namespace acme
