// SPDX-License-Identifier: BSD-2-Clause
// What an import has done, as JSON.
#include "acmectl/import/import_json.h"

#include <nlohmann/json.hpp>

#include "acme_core/storage/json_members.h"

namespace acmectl {

std::string import_json(const ImportReport& report,
                        const std::vector<ImportLine>& lines, bool dry_run) {
  nlohmann::ordered_json document{{"lines", nlohmann::ordered_json::array()},
                                  {"taken", report.taken},
                                  {"there", report.there},
                                  {"left", report.left},
                                  {"failed", report.failed},
                                  {"dry_run", dry_run},
                                  {"stopped", report.was_stopped}};
  for (const ImportLine& line : lines) {
    document["lines"].push_back({{"what", line.what},
                                 {"result", to_string(line.kind)},
                                 {"text", line.text}});
  }
  // What is no UTF-8 is replaced.
  return acme::to_file_text(document);
}

}  // namespace acmectl
