// SPDX-License-Identifier: BSD-2-Clause
// Whether what another client has is of the CA that we ask.
#pragma once

#include <string>

namespace acmectl {

enum class SameCa { kYes, kNo, kUnknown };

/// By the directory's URL where the client has noted it, else by the CA's host,
/// in which some clients write "_" or "-" for the colon, or leave the port out.
[[nodiscard]] SameCa is_same_ca(const std::string& directory_url,
                                const std::string& ca_host,
                                const std::string& target_url);

/// "ca.example:14000" of "https://ca.example:14000/dir"; "" of no URL.
[[nodiscard]] std::string authority_of(const std::string& url);

}  // namespace acmectl
