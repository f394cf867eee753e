// SPDX-License-Identifier: BSD-2-Clause
// What no configuration mentions any more leaves the state directory, but not
// the disk.
#pragma once

#include <chrono>
#include <set>
#include <string>

#include "acme_core/env/log.h"
#include "acme_core/storage/store.h"
#include "acme_core/time_point.h"

namespace acme {

/// So long a certificate stays where it is without being mentioned.
inline constexpr std::chrono::days kUnusedUntilArchived{30};
/// How often a process that only follows a directory notes what it serves.
inline constexpr std::chrono::days kFollowedNoteInterval{1};

/// Looks through the directory, which belongs to us. Certificates that are
/// neither in `mentioned` nor noted by another process are marked; those that
/// have been marked for thirty days are moved to "archive", with a notice.
/// Throws Error(kTransient).
void archive_unused(Store& store, const std::set<std::string>& mentioned,
                    const EventLog& log, TimePoint now);

}  // namespace acme
