// SPDX-License-Identifier: BSD-2-Clause
// HTTP-01 answers (RFC 8555 section 8.3), straight from shared memory.
#pragma once

#include "ngx_module/ngx.h"

namespace ngx_acme {

/// Has nginx ask us first, for every request: before rewrites, redirects and
/// access rules, none of which a CA could pass. Throws std::bad_alloc.
void answer_challenges(ngx_conf_t* cf);

}  // namespace ngx_acme
