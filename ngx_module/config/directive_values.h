// SPDX-License-Identifier: BSD-2-Clause
// Values that several directives take. All throw acme::Error whose message
// becomes the [emerg] line.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/challenge/challenge_type.h"
#include "acme_core/crypto/private_key.h"
#include "acme_core/error.h"
#include "acme_core/secret.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/nginx/source_line.h"

namespace ngx_acme {

/// Refuses the directive that is being read.
[[noreturn]] inline void fail(const std::string& message) {
  throw acme::Error(acme::ErrorKind::kConfiguration, message);
}

/// The directive that is being read stands there twice, for the first time
/// where `first` says, if that is known.
[[noreturn]] void fail_as_duplicate(const ngx_conf_t* cf,
                                    const SourceLine& first = {});

/// Behind the directive's name.
[[nodiscard]] std::span<ngx_str_t> arguments(const ngx_conf_t* cf) noexcept;

/// "ecdsa", "ecdsa:256", "rsa:4096"; nullopt when it names no algorithm. Throws
/// when the algorithm is known and the curve or size is not.
[[nodiscard]] std::optional<acme::KeyType> parse_key_argument(
    std::string_view text);

/// Adds a type by the CA's name of it, or by that without its number ("http").
/// Throws when it is there already.
void add_challenge(std::string_view text,
                   std::vector<acme::ChallengeType>& types);

/// The value of a directive that is on or off.
[[nodiscard]] bool parse_switch(const ngx_conf_t* cf);

/// A contact as URL: "mailto:" is put before what has no scheme. One that looks
/// like no address is warned about.
[[nodiscard]] std::string contact_url(ngx_conf_t* cf, const ngx_str_t& text);

/// A directory that nginx creates for the worker user at start, relative to
/// its prefix.
[[nodiscard]] ngx_path_t* make_path(ngx_conf_t* cf, ngx_str_t name);

/// The contents of find_configured_file().
[[nodiscard]] acme::SecretBytes read_configured_file(ngx_conf_t* cf,
                                                     ngx_str_t path,
                                                     std::string_view what);

/// The bytes behind base64 or base64url text with white space around it;
/// nullopt when it is neither.
[[nodiscard]] std::optional<acme::SecretBytes> decode_base64(
    acme::SecretBytes text);

/// The key of an external account as CAs print it, in base64url or base64:
/// "data:KEY", which is warned about and wiped from nginx's memory, or the name
/// of a file with KEY in it. Decoded.
[[nodiscard]] acme::SecretBytes parse_mac_key(ngx_conf_t* cf, ngx_str_t text);

}  // namespace ngx_acme
