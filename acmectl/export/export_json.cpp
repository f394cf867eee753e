// SPDX-License-Identifier: BSD-2-Clause
// What an export has written, as JSON.
#include "acmectl/export/export_json.h"

#include <nlohmann/json.hpp>

#include "acme_core/storage/json_members.h"

namespace acmectl {

std::string export_json(const std::vector<ExportLine>& lines) {
  nlohmann::ordered_json document{
      {"exported", nlohmann::ordered_json::array()}};
  for (const ExportLine& line : lines) {
    auto& one = document["exported"].emplace_back(
        nlohmann::ordered_json{{"certificate", line.certificate},
                               {"path", line.path},
                               {"result", line.result}});
    if (!line.text.empty()) {
      one["text"] = line.text;
    }
  }
  return acme::to_file_text(document);
}

}  // namespace acmectl
