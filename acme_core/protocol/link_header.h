// SPDX-License-Identifier: BSD-2-Clause
// The Link field (RFC 8288): where a CA's other documents are.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "acme_core/net/http_client.h"

namespace acme {

/// The https URLs of the response's links with this relation ("alternate",
/// "next"), in order, without repetitions and at most 16. A relative target
/// is resolved; what does not become an https URL is dropped, and so is the
/// rest of a malformed field.
[[nodiscard]] std::vector<std::string> link_targets(
    const HttpResponse& response, std::string_view relation,
    std::string_view request_url);

}  // namespace acme
