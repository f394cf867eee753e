// SPDX-License-Identifier: BSD-2-Clause
// A certificate authority for tests: a root, an intermediate, and leaves.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "acme_core/crypto/openssl.h"
#include "acme_core/crypto/private_key.h"
#include "acme_core/identifier.h"
#include "acme_core/time_point.h"

namespace acme {

/// 2026-01-01, when every test begins, and 90 days later.
inline constexpr TimePoint kTestNotBefore =
    std::chrono::sys_days(std::chrono::year(2026) / std::chrono::January / 1);
inline constexpr TimePoint kTestNotAfter =
    kTestNotBefore + std::chrono::days(90);

/// {"www.example.org", "192.0.2.1"} as identifiers; throws for malformed ones.
[[nodiscard]] std::vector<Identifier> identifiers_of(
    const std::vector<std::string>& names);

/// Its intermediate is called "Test Intermediate", its root "Test Root"; both
/// are valid for the years 2000 to 2099, and so is "Other Root", which signed
/// the intermediate's key too. Serial numbers count from 1.
class TestCa {
 public:
  TestCa();

  /// A chain in PEM: the leaf, then the intermediate.
  [[nodiscard]] std::string issue(const std::vector<Identifier>& identifiers,
                                  const PrivateKey& key,
                                  TimePoint not_before = kTestNotBefore,
                                  TimePoint not_after = kTestNotAfter);

  /// The same for the key and the subject alternative names of a request in
  /// DER, as a CA does at "finalize". Throws when its signature is wrong.
  [[nodiscard]] std::string issue_for_request(
      std::span<const std::uint8_t> request,
      TimePoint not_before = kTestNotBefore,
      TimePoint not_after = kTestNotAfter);

  /// From now on leaves say that this URL is asked for their status; "": none.
  void set_responder(std::string url) { responder_ = std::move(url); }

  /// Signs what the intermediate signs: status responses, say.
  [[nodiscard]] const PrivateKey& intermediate_key() const noexcept {
    return intermediate_key_;
  }

  /// A certificate of the intermediate's for one who signs status responses,
  /// in PEM; without the leave to do so unless `may_sign`.
  [[nodiscard]] std::string make_responder(const PrivateKey& key,
                                           bool may_sign = true);

  [[nodiscard]] const std::string& intermediate_pem() const noexcept {
    return intermediate_pem_;
  }
  [[nodiscard]] const std::string& root_pem() const noexcept {
    return root_pem_;
  }
  /// The intermediate as "Other Root" signed it.
  [[nodiscard]] const std::string& cross_signed_pem() const noexcept {
    return cross_signed_pem_;
  }
  /// How many leaves were issued: the last one's serial number.
  [[nodiscard]] unsigned long issued() const noexcept {
    return static_cast<unsigned long>(next_serial_ - 1);
  }

  [[nodiscard]] const std::string& other_root_pem() const noexcept {
    return other_root_pem_;
  }

 private:
  PrivateKey root_key_;
  PrivateKey other_root_key_;
  PrivateKey intermediate_key_;
  X509Ptr intermediate_;
  std::string root_pem_;
  std::string intermediate_pem_;
  std::string other_root_pem_;
  std::string cross_signed_pem_;
  std::string responder_;
  long next_serial_ = 1;
};

/// A certificate signed by its own key, in PEM.
[[nodiscard]] std::string self_signed(
    const std::vector<Identifier>& identifiers, const PrivateKey& key,
    TimePoint not_before = kTestNotBefore, TimePoint not_after = kTestNotAfter);

}  // namespace acme
