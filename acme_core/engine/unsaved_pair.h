// SPDX-License-Identifier: BSD-2-Clause
// A pair that is served, and that the disk did not take when it was issued, or
// has lost since.
#pragma once

#include "acme_core/engine/engine_parts.h"
#include "acme_core/engine/scheduler.h"

namespace acme {

/// Tries to store what is served, and reports to the queue.
void save_unsaved(const EngineParts& parts, const Task& task);

}  // namespace acme
