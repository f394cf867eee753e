// SPDX-License-Identifier: BSD-2-Clause
// Certificate chains as a CA sends them and as we keep them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/crypto/openssl.h"
#include "acme_core/crypto/private_key.h"
#include "acme_core/identifier.h"
#include "acme_core/time_point.h"

namespace acme {

/// A leaf certificate and its issuers, leaf first.
class CertificateChain {
 public:
  /// Reads the certificates of a PEM file (RFC 8555 section 9.1); text between
  /// them and a missing last newline are fine. nullopt when there is none, one
  /// is malformed, or there are more than 16. Certificates in the wrong order
  /// are put in order when they form one chain; else their order is kept.
  [[nodiscard]] static std::optional<CertificateChain> from_pem(
      std::string_view pem);

  /// The same from the DER of each certificate.
  [[nodiscard]] static std::optional<CertificateChain> from_der(
      std::span<const std::vector<std::uint8_t>> certificates);

  [[nodiscard]] std::string to_pem() const;

  /// DER of each certificate, leaf first; never empty.
  [[nodiscard]] const std::vector<std::vector<std::uint8_t>>& der()
      const noexcept {
    return der_;
  }

  [[nodiscard]] TimePoint not_before() const noexcept { return not_before_; }
  [[nodiscard]] TimePoint not_after() const noexcept { return not_after_; }

  /// The leaf's serial number in lower-case hexadecimal.
  [[nodiscard]] const std::string& serial() const noexcept { return serial_; }

  /// Common name of whoever signed the leaf; may be empty.
  [[nodiscard]] const std::string& issuer_name() const noexcept {
    return issuer_names_.front();
  }

  /// The same for each certificate of the chain.
  [[nodiscard]] const std::vector<std::string>& issuer_names() const noexcept {
    return issuer_names_;
  }

  /// Common name of whoever signed the last certificate: the root that clients
  /// have to trust, whether the chain carries it or not. May be empty.
  [[nodiscard]] const std::string& top_issuer_name() const noexcept {
    return issuer_names_.back();
  }

  /// What the leaf is called where its renewal is discussed (RFC 9773 section
  /// 4.1): the authority key identifier, a dot and the serial number, each in
  /// base64url. nullopt without that extension.
  [[nodiscard]] std::optional<std::string> renewal_id() const {
    return renewal_id_;
  }

  /// The leaf's subject alternative names (DNS and IP), sorted.
  [[nodiscard]] const std::vector<Identifier>& identifiers() const noexcept {
    return identifiers_;
  }

  [[nodiscard]] bool matches(const PrivateKey& key) const;

  /// True when every one of `identifiers` is a subject alternative name.
  [[nodiscard]] bool covers(std::span<const Identifier> identifiers) const;

  /// True when each certificate is signed by the next one.
  [[nodiscard]] bool is_linked() const;

  /// The chain without certificates that are there twice and without those that
  /// signed none of the others; nullopt when that leaves no chain, or all of
  /// it.
  [[nodiscard]] std::optional<CertificateChain> without_strays() const;

 private:
  CertificateChain() = default;

  /// Leaf first, each signed by the next, when all of them form one chain.
  void put_in_order();

  /// Fills the members below.
  [[nodiscard]] bool read_leaf();

  std::vector<X509Ptr> certificates_;
  std::vector<std::vector<std::uint8_t>> der_;
  std::vector<Identifier> identifiers_;
  std::string serial_;
  std::vector<std::string> issuer_names_;
  std::optional<std::string> renewal_id_;
  TimePoint not_before_;
  TimePoint not_after_;
};

}  // namespace acme
