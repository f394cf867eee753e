// SPDX-License-Identifier: BSD-2-Clause
// Problem documents inside other resources. Included by .cpp files only.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include "acme_core/protocol/problem.h"

namespace acme {

/// parse_problem() for JSON that is parsed already: writing it out to parse it
/// again would recurse as deep as a hostile CA nests it.
[[nodiscard]] std::optional<Problem> problem_of(const nlohmann::json& object);

}  // namespace acme
