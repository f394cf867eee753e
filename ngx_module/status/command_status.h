// SPDX-License-Identifier: BSD-2-Clause
// A command of shared memory as people are shown it.
#pragma once

#include "acme_core/status/model.h"
#include "ngx_module/shared/status_commands.h"

namespace ngx_acme {

/// Throws std::bad_alloc.
[[nodiscard]] acme::CommandStatus status_of(const CopiedCommand& copied);

}  // namespace ngx_acme
