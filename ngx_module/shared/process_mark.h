// SPDX-License-Identifier: BSD-2-Clause
// Which process it was, beyond the reuse of its number.
#pragma once

#include <cstdint>

namespace ngx_acme {

/// Lives in shared memory, made of zeros: nobody.
struct ProcessMark {
  std::int64_t pid;
  /// In the kernel's ticks since the machine started; 0: not known.
  std::uint64_t started;

  friend bool operator==(const ProcessMark&, const ProcessMark&) = default;
};

[[nodiscard]] ProcessMark own_mark() noexcept;

/// False for nobody, for one that has ended, though its parent has not asked
/// for its status yet, and for another process of the same number.
[[nodiscard]] bool is_running(const ProcessMark& process) noexcept;

}  // namespace ngx_acme
