// SPDX-License-Identifier: BSD-2-Clause
// One question to a status responder, over HTTP (RFC 6960 appendix A).
#pragma once

#include <cstdint>
#include <span>
#include <stop_token>
#include <string>

#include "acme_core/env/clock.h"
#include "acme_core/net/http_client.h"

namespace acme {

/// Sends the request by GET, which caches know, or by POST where that would
/// take a long URL (RFC 5019 section 5) or is refused. Throws
/// Error(kUnavailable), with the time of Retry-After if there is one, unless
/// the answer has status 200.
[[nodiscard]] HttpResponse ask_responder(HttpClient& http,
                                         const std::string& url,
                                         std::span<const std::uint8_t> request,
                                         const Clock& clock,
                                         const std::stop_token& stop);

}  // namespace acme
