// SPDX-License-Identifier: BSD-2-Clause
// Lines of the form NAME=VALUE in the files of other clients: certbot's renewal
// configuration, the shell variables of acme.sh. Nothing is expanded.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace acmectl {

/// By name; of a name that is there twice, the last. White space around name
/// and value, and quotes around a value, are not part of them. Lines of another
/// form, and those that begin with "#" or "[", are skipped.
[[nodiscard]] std::map<std::string, std::string> read_settings(
    std::string_view text);

/// The value, or "".
[[nodiscard]] std::string setting(
    const std::map<std::string, std::string>& settings,
    const std::string& name);

}  // namespace acmectl
