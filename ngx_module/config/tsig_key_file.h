// SPDX-License-Identifier: BSD-2-Clause
// Key files of BIND, Knot's keymgr and tsig-keygen:
//   key "name" { algorithm hmac-sha256; secret "base64"; };
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/secret.h"

namespace ngx_acme {

struct TsigKeyEntry {
  std::string name;          ///< in lower case, without a trailing dot
  std::string algorithm;     ///< in lower case, without a trailing dot
  acme::SecretBytes secret;  ///< as it is written, in base64
};

/// All keys of the text; nullopt when anything else is in it. Comments are as
/// in BIND's configuration. Never throws for what it finds.
[[nodiscard]] std::optional<std::vector<TsigKeyEntry>> parse_tsig_keys(
    std::string_view text);

/// How names of keys and algorithms are compared: "Key.Example." is
/// "key.example".
[[nodiscard]] std::string canonical_key_name(std::string_view name);

}  // namespace ngx_acme
