// SPDX-License-Identifier: BSD-2-Clause
// What wakes a helper when a worker has something for it.
#pragma once

namespace ngx_acme {

/// Makes the descriptor that all processes of this master inherit, unless there
/// is one. Throws acme::Error.
void open_helper_wake();

/// An eventfd that nobody reads: whoever waits for it watches its edges, so
/// that the helpers of two configurations both hear of each event. -1 before
/// open_helper_wake().
[[nodiscard]] int helper_wake() noexcept;

void wake_helpers() noexcept;

}  // namespace ngx_acme
