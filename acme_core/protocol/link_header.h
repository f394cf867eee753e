// SPDX-License-Identifier: BSD-2-Clause
// The Link field (RFC 8288), by which a CA points to related resources.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "acme_core/net/http_client.h"

namespace acme {

/// The https targets of all links of that relation, in order, at most 16. A
/// target that begins with "/" is one of the host of `url`, the request's.
[[nodiscard]] std::vector<std::string> links(const HttpResponse& response,
                                             std::string_view relation,
                                             const std::string& url);

}  // namespace acme
