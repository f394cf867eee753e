// SPDX-License-Identifier: BSD-2-Clause
// Certificates and keys in DER.
#include "acme_core/crypto/der.h"

#include <utility>

namespace acme {

X509Ptr take_certificate(std::span<const std::uint8_t>& der) noexcept {
  const unsigned char* position = der.data();
  X509Ptr certificate(
      d2i_X509(nullptr, &position, static_cast<long>(der.size())));
  der = der.last(static_cast<std::size_t>(der.data() + der.size() - position));
  return certificate;
}

EvpPkeyPtr take_private_key(std::span<const std::uint8_t>& der) noexcept {
  const unsigned char* position = der.data();
  EvpPkeyPtr key(
      d2i_AutoPrivateKey(nullptr, &position, static_cast<long>(der.size())));
  der = der.last(static_cast<std::size_t>(der.data() + der.size() - position));
  return key;
}

X509Ptr certificate_from_der(std::span<const std::uint8_t> der) noexcept {
  X509Ptr certificate = take_certificate(der);
  return der.empty() ? std::move(certificate) : nullptr;
}

}  // namespace acme
