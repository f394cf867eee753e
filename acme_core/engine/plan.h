// SPDX-License-Identifier: BSD-2-Clause
// What is managed: plain data, made from the configuration, never changed.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "acme_core/crypto/private_key.h"
#include "acme_core/identifier.h"
#include "acme_core/secret.h"

namespace acme {

struct IssuerSpec {
  std::string name;
  std::string directory_url;
  std::vector<std::string> contacts;  ///< URLs, "mailto:…"
  KeyType account_key_type = KeyType::kEcdsa256;
  /// An operator's own account key in PEM; empty: made and kept in the state.
  SecretBytes account_key;
  bool verify_peer = true;
  /// Roots in PEM that may sign the CA's own certificate; empty: the system's.
  std::string trusted_certificates;
  /// The state directory; empty: nothing is kept on disk.
  std::string state_path;
  bool terms_of_service_agreed = false;
};

struct CertificateSpec {
  std::size_t issuer = 0;               ///< index into Plan::issuers
  std::vector<Identifier> identifiers;  ///< unique, in the operator's order
  KeyType key_type = KeyType::kEcdsa256;

  /// What log lines call it: the first DNS name, else the first identifier.
  [[nodiscard]] const std::string& name() const;

  /// What its state files are called: name() "-" a hash of identifiers and key
  /// type in hexadecimal. The same name that nginx's official ACME module
  /// gives such a certificate (its CertificateOrder::cache_key), so that state
  /// can be taken over.
  [[nodiscard]] std::string storage_name() const;
};

struct Plan {
  std::vector<IssuerSpec> issuers;
  std::vector<CertificateSpec> certificates;
  std::string user_agent;
};

}  // namespace acme
