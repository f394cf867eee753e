// SPDX-License-Identifier: BSD-2-Clause
// Anti-replay nonces the CA gave us and we have not used (RFC 8555 6.5).
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace acme {

/// Thread-safe. Hands out the youngest nonce first, since CAs forget old ones,
/// and keeps at most 64.
class NoncePool {
 public:
  /// Takes a nonce of the Replay-Nonce field; one that is not base64url or is
  /// longer than 256 characters is dropped (section 6.5.1).
  void put(std::string_view nonce);

  [[nodiscard]] std::optional<std::string> take();

  /// After badNonce the others are likely just as old.
  void clear();

 private:
  std::mutex mutex_;
  std::vector<std::string> nonces_;
};

}  // namespace acme
