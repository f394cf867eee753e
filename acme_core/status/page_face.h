// SPDX-License-Identifier: BSD-2-Clause
// The status for a person: one HTML document without external files, which
// works without JavaScript.
#pragma once

#include <memory>
#include <string_view>

#include "acme_core/status/answer.h"

namespace acme {

/// What the page brings along, so that nothing else has to be let in.
extern const std::string_view kPageStyle;
extern const std::string_view kPageScript;

/// Content-Security-Policy that lets in those two and nothing else.
[[nodiscard]] const std::string& page_policy();

[[nodiscard]] StatusAnswer page_answer(
    const StatusRequest& request,
    const std::shared_ptr<const StatusSnapshot>& snapshot);

}  // namespace acme
