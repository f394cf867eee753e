// SPDX-License-Identifier: BSD-2-Clause
// What a CA is called in DNS records that stay (draft-ietf-acme-dns-persist).
#pragma once

#include <string>
#include <vector>

#include "acme_core/protocol/challenge.h"
#include "acme_core/protocol/directory.h"

namespace acme {

/// The names that a dns-persist-01 challenge takes, the first preferred. Empty
/// when it says none, or contradicts the directory of a CA that follows the
/// draft since -02: it has every name of the directory's own list, and none
/// that is missing among its names for CAA records, if there are any.
[[nodiscard]] std::vector<std::string> persist_names(
    const Directory& directory, const Challenge& challenge);

}  // namespace acme
