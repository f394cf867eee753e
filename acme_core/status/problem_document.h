// SPDX-License-Identifier: BSD-2-Clause
// Why a request to the status endpoint is refused, as a document (RFC 9457).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "acme_core/status/answer.h"

namespace acme {

/// An answer whose body is there already.
[[nodiscard]] StatusAnswer whole_answer(int status,
                                        std::string_view content_type,
                                        std::string body);

/// `certificates`: the IDs that were to choose from; left out when empty.
[[nodiscard]] StatusAnswer problem(
    int status, std::string_view detail,
    const std::vector<std::string>& certificates = {});

[[nodiscard]] StatusAnswer not_found(std::string_view detail);

/// Why `id` does not address one certificate, when `found` are those it may
/// mean; nullopt: there is exactly one.
[[nodiscard]] std::optional<StatusAnswer> why_not_one(
    const std::vector<const CertificateStatus*>& found, std::string_view id);

/// 405; `allowed` as in the header field "Allow": "GET, HEAD".
[[nodiscard]] StatusAnswer wrong_method(std::string_view method,
                                        std::string_view allowed);

}  // namespace acme
