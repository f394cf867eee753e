// SPDX-License-Identifier: BSD-2-Clause
// The CA that the environment names, and what it is known to have.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "acme_core/protocol/account.h"

namespace acme {

struct CaUnderTest {
  std::string directory;  ///< ACME_DIRECTORY: URL
  std::string roots;  ///< ACME_ROOTS: a PEM file that its TLS is verified by

  /// ACME_HTTP_ADDRESS: "ip:port" where the CA validates, whatever the name.
  std::string http_host;
  std::uint16_t http_port = 80;

  /// ACME_NAME_SUFFIX: "one.", "two." and "three." in front of it make names
  /// that the CA can reach.
  std::string name_suffix;

  /// ACME_EAB_KID and ACME_EAB_KEY (base64url).
  std::optional<ExternalAccount> external_account;

  /// ACME_PROFILE, and how long its certificates live: ACME_PROFILE_LIFETIME,
  /// in seconds.
  std::string profile;
  std::chrono::seconds profile_lifetime{0};

  /// ACME_ALTERNATES: how many further chains each certificate has.
  std::size_t alternates = 0;

  /// ACME_MANAGEMENT: Pebble's second server, without a slash at the end.
  std::string management;

  /// ACME_FEATURES, separated by commas: what the CA's directory does not tell,
  /// or not truly.
  ///   authorization-deactivation  RFC 8555 section 7.5.2
  ///   dates                       notBefore and notAfter of an order
  ///   external-account            no account without it
  ///   key-change                  section 7.3.5
  ///   orders                      section 7.1.2.1
  ///   profiles                    draft-ietf-acme-profiles
  ///   renewal-info                RFC 9773
  ///   replaces                    RFC 9773 section 5
  ///   revocation                  section 7.6
  ///   set-renewal-info            by the management server
  std::set<std::string> features;

  [[nodiscard]] bool has(const std::string& feature) const {
    return features.contains(feature);
  }

  /// Throws std::runtime_error when the environment names none.
  [[nodiscard]] static CaUnderTest from_environment();
};

}  // namespace acme
