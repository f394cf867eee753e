// SPDX-License-Identifier: BSD-2-Clause
// What an import has done, as JSON.
#pragma once

#include <string>
#include <vector>

#include "acmectl/import/import_run.h"

namespace acmectl {

/// {"lines":[{"what","result","text"}],"taken","there","left","failed",
/// "dry_run","stopped"} and a newline.
[[nodiscard]] std::string import_json(const ImportReport& report,
                                      const std::vector<ImportLine>& lines,
                                      bool dry_run);

}  // namespace acmectl
