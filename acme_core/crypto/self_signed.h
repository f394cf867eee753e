// SPDX-License-Identifier: BSD-2-Clause
// Certificates that nobody but their own key vouches for.
#pragma once

#include <chrono>
#include <span>
#include <string>

#include "acme_core/crypto/openssl.h"
#include "acme_core/crypto/private_key.h"
#include "acme_core/identifier.h"
#include "acme_core/time_point.h"

namespace acme {

struct SelfSignedSpec {
  std::span<const Identifier> identifiers;  ///< may be empty
  std::string common_name;                  ///< at most 64 characters
  TimePoint not_before;
  std::chrono::seconds lifetime{};
  X509_EXTENSION* extension = nullptr;  ///< one more than every server's has
};

/// An X.509 certificate for a TLS server, signed by its own key, with a random
/// serial number. Throws Error.
[[nodiscard]] X509Ptr make_self_signed(const PrivateKey& key,
                                       const SelfSignedSpec& spec);

}  // namespace acme
