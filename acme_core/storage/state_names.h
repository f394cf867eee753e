// SPDX-License-Identifier: BSD-2-Clause
// Names in a state directory that files and their seals have to agree on.
#pragma once

#include <string_view>

namespace acme {

/// Where certificates go that no configuration mentions any more.
inline constexpr std::string_view kArchiveFolder = "archive/";
/// What FileStore::check() writes.
inline constexpr std::string_view kCheckFile = "check";
/// What a node of a fleet knows of it.
inline constexpr std::string_view kFleetFile = "fleet.json";

}  // namespace acme
