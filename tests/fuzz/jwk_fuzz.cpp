// SPDX-License-Identifier: BSD-2-Clause
// Private keys that other clients keep as JWK: whatever is read is a key that
// can be used, and comes back from its own PEM.
#include "acme_core/crypto/jwk.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const auto key = acme::private_key_from_jwk(acme::as_text(data, size));
  if (key) {
    const auto again = acme::PrivateKey::from_pem(key->to_pem());
    acme::expect(again && again->thumbprint() == key->thumbprint(),
                 "a key comes back from its PEM");
    acme::expect(!key->sign("proof").empty(), "a key signs");
  }
  return 0;
}
