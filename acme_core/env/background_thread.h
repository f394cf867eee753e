// SPDX-License-Identifier: BSD-2-Clause
// Threads that visitors must not notice.
#pragma once

#include <sys/resource.h>
#include <unistd.h>

namespace acme {

/// Lowers the calling thread's priority: nobody waits for a page while keys are
/// made or certificates read. On Linux each thread has a nice value of its own,
/// which those that it starts inherit. Not the lowest, so that a machine under
/// load still renews.
inline void step_back() noexcept {
  constexpr int kNice = 10;
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNice);
}

}  // namespace acme
