// SPDX-License-Identifier: BSD-2-Clause
// Going on while nginx is reloaded or restarted.
#pragma once

#include <string>

#include "acme_core/error.h"
#include "acmectl/refusal.h"

namespace acmectl {

/// Calls `ask` and returns "", or why there was no answer that may come later.
/// What will not change by itself is thrown on, and so is Error(kStopped).
template <typename Ask>
[[nodiscard]] std::string why_no_answer(const Ask& ask) {
  try {
    ask();
    return {};
  } catch (const acme::Error& error) {
    if (error.kind() != acme::ErrorKind::kUnavailable) {
      throw;
    }
    return error.what();
  } catch (const Refusal& refusal) {
    if (refusal.code() != kUnreachable) {
      throw;
    }
    return refusal.what();
  }
}

}  // namespace acmectl
