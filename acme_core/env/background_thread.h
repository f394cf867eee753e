// SPDX-License-Identifier: BSD-2-Clause
// The door to threads: those that visitors must not notice.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <system_error>
#include <thread>

namespace acme {

using ThreadBody = std::function<void(const std::stop_token&)>;

/// Starts a thread, or throws std::system_error: the system has none left, by
/// systemd's TasksMax say. Tests let it.
using ThreadStarter = std::function<std::jthread(ThreadBody)>;

/// The real one. The thread receives no signals, which the process's own thread
/// handles, and steps back: nobody waits for a page while keys are made or
/// certificates read. `body` throws nothing.
[[nodiscard]] std::jthread start_background_thread(ThreadBody body);

/// What to say of it: the system's words and the cure.
[[nodiscard]] std::string why_no_thread(const std::system_error& error);

}  // namespace acme
