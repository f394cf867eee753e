// SPDX-License-Identifier: BSD-2-Clause
// What is looked after for one issuer as a whole: its state and the
// certificates in it, from the lease on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "acme_core/challenge/dns_leftovers.h"
#include "acme_core/engine/engine_parts.h"
#include "acme_core/engine/expiry_alarms.h"

namespace acme {

/// Used by the issuer's leading thread alone. What throws may be called again,
/// and goes on where it ended.
class IssuerCare {
 public:
  /// `parts` outlives the object.
  IssuerCare(const EngineParts& parts, std::size_t issuer)
      : parts_(parts), issuer_(issuer), session_(*parts.sessions[issuer]) {}

  /// Waits for the lease on the state. Throws Error(kStopped) on a stop
  /// request.
  void acquire(const std::stop_token& stop);
  /// DNS records that a crash has left, once; then nullptr.
  [[nodiscard]] std::shared_ptr<DnsLeftovers> take_leftovers();
  /// From now on the issuer is asked, and its certificates are taken care of.
  void load(const std::stop_token& stop);

  /// Looks after all of it, once in a while.
  void watch(const std::stop_token& stop);

 private:
  void load_certificates(const std::stop_token& stop);
  void say_what_is_stored() const;
  void watch_state(const std::stop_token& stop);
  void follow_again(const std::stop_token& stop);
  void tidy_stock();
  void watch_stock();
  void watch_expiry();
  [[nodiscard]] std::string reason_for_delay(std::size_t index) const;
  void note_waiting();
  void revoke_replaced(const std::stop_token& stop);
  void note_clock();

  [[nodiscard]] bool is_kept_here(std::size_t certificate) const {
    return parts_.plan.certificates[certificate].issuer() == issuer_;
  }

  const EngineParts& parts_;
  const std::size_t issuer_;
  IssuerSession& session_;
  bool is_acquired_ = false;
  bool took_leftovers_ = false;
  bool is_loaded_ = false;
  bool has_told_ = false;              ///< that something is unloaded
  std::vector<std::size_t> unloaded_;  ///< certificates
  TimePoint tidied_at_;
  ExpiryAlarms alarms_;
  TimePoint revoked_at_;
  std::optional<std::int64_t> noted_skew_;
  /// What the documents say, by certificate.
  std::map<std::size_t, std::optional<Waiting>> noted_waiting_;
};

}  // namespace acme
