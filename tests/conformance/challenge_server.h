// SPDX-License-Identifier: BSD-2-Clause
// Where the CA's HTTP-01 requests arrive.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "acme_core/challenge/http01.h"
#include "acme_core/env/descriptor.h"

namespace acme {

/// Plain HTTP/1.1, one request a connection. 404 for what was not put.
class ChallengeServer final : public Http01Responder {
 public:
  /// Throws std::system_error when somebody else listens there.
  ChallengeServer(const std::string& ipv4, std::uint16_t port);
  ~ChallengeServer() override;
  ChallengeServer(const ChallengeServer&) = delete;
  ChallengeServer& operator=(const ChallengeServer&) = delete;

  void put_challenge(const Identifier& identifier, std::string_view token,
                     std::string_view key_authorization) override;
  void remove_challenge(const Identifier& identifier,
                        std::string_view token) noexcept override;

 private:
  void accept_connections();
  void serve(int connection);
  [[nodiscard]] std::string response(std::string_view request) const;

  Descriptor listener_;
  mutable std::mutex mutex_;  ///< guards what follows
  std::multimap<std::string, std::string, std::less<>> answers_;
  std::jthread acceptor_;
};

}  // namespace acme
