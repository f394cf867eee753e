// SPDX-License-Identifier: BSD-2-Clause
// The sockets of a DNS server on the loopback interface.
#pragma once

#include <functional>
#include <string>
#include <thread>

#include "acme_core/env/descriptor.h"

namespace acme {

/// UDP, and TCP on the same port. One thread takes one message after the other.
class DnsSockets {
 public:
  /// What is sent back for a message; empty: nothing.
  using Answer =
      std::function<std::string(const std::string& query, bool is_stream)>;

  explicit DnsSockets(Answer answer);
  ~DnsSockets();
  DnsSockets(const DnsSockets&) = delete;
  DnsSockets& operator=(const DnsSockets&) = delete;

  [[nodiscard]] std::string port() const;
  /// "127.0.0.1:PORT".
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + port(); }

 private:
  void run();
  void serve_stream();

  const Answer answer_;
  Descriptor datagrams_;
  Descriptor streams_;
  Descriptor stop_;
  std::jthread thread_;
};

}  // namespace acme
