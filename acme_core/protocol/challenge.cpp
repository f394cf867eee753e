// SPDX-License-Identifier: BSD-2-Clause
// Key authorizations.
#include "acme_core/protocol/challenge.h"

namespace acme {

std::string key_authorization(std::string_view token,
                              const PrivateKey& account_key) {
  return std::string(token) + "." + account_key.thumbprint();
}

}  // namespace acme
