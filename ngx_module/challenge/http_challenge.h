// SPDX-License-Identifier: BSD-2-Clause
// Answers HTTP-01 challenges (RFC 8555 section 8.3).
#pragma once

#include "ngx_module/nginx/ngx.h"
#include "ngx_module/shared/challenge_zone.h"

namespace ngx_acme {

/// Answers a request for a live token: the status for nginx's phase engine, or
/// NGX_DECLINED. A token is not declined but unknown when another ACME client
/// on this machine asked for it: its webroot answers then.
[[nodiscard]] ngx_int_t answer_http_challenge(
    ngx_http_request_t* request, const ChallengeZone& zone) noexcept;

}  // namespace ngx_acme
