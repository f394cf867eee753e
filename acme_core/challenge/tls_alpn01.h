// SPDX-License-Identifier: BSD-2-Clause
// TLS-ALPN-01: the CA opens a TLS connection for the protocol "acme-tls/1" and
// looks at the certificate (RFC 8737; for IP addresses RFC 8738).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "acme_core/challenge/name_locks.h"
#include "acme_core/challenge/solver.h"
#include "acme_core/identifier.h"

namespace acme {

/// The server name of the CA's ClientHello: the host name, or for an IP address
/// the name of its reverse mapping (RFC 8738 section 6), "4.3.2.1.in-addr.arpa"
/// say. Throws Error when the identifier is no address although it says so.
[[nodiscard]] std::string sni_name(const Identifier& identifier);

/// Puts a name's challenge certificate in front of the CA and takes it away
/// again. A name has one certificate, the newest, which is shown until it has
/// been removed as often as it was put. Thread-safe.
class TlsAlpn01Responder {
 public:
  virtual ~TlsAlpn01Responder() = default;
  virtual void put_tls_alpn(std::string_view server_name,
                            std::span<const std::uint8_t> certificate_der,
                            std::span<const std::uint8_t> key_der) = 0;
  virtual void remove_tls_alpn(std::string_view server_name) noexcept = 0;
};

/// One challenge certificate, shown as long as this object lives.
class TlsAlpn01Answer {
 public:
  /// Makes the certificate. Throws Error.
  TlsAlpn01Answer(TlsAlpn01Responder& responder, const ChallengeTask& task);
  ~TlsAlpn01Answer();
  TlsAlpn01Answer(TlsAlpn01Answer&& other) noexcept;
  TlsAlpn01Answer(const TlsAlpn01Answer&) = delete;
  TlsAlpn01Answer& operator=(const TlsAlpn01Answer&) = delete;
  TlsAlpn01Answer& operator=(TlsAlpn01Answer&&) = delete;

 private:
  TlsAlpn01Responder* responder_;
  std::string server_name_;
};

class TlsAlpn01Solver final : public ChallengeSolver {
 public:
  /// Both outlive the solver and what it presents. `name_locks` is shared by
  /// all solvers of `responder`.
  TlsAlpn01Solver(TlsAlpn01Responder& responder, NameLocks& name_locks)
      : responder_(responder), name_locks_(name_locks) {}

  [[nodiscard]] ChallengeType type() const noexcept override {
    return ChallengeType::kTlsAlpn01;
  }
  [[nodiscard]] bool proves_wildcards() const noexcept override {
    return false;
  }
  /// Waits for other orders that are proving one of the names.
  [[nodiscard]] std::unique_ptr<PresentedAnswers> present(
      std::span<const ChallengeTask> tasks, std::stop_token stop) override;

 private:
  TlsAlpn01Responder& responder_;
  NameLocks& name_locks_;
};

}  // namespace acme
