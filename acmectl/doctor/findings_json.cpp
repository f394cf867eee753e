// SPDX-License-Identifier: BSD-2-Clause
// What checks have found, as JSON.
#include <nlohmann/json.hpp>

#include "acme_core/storage/json_members.h"
#include "acmectl/doctor/finding.h"

namespace acmectl {

std::string findings_json(const Findings& findings) {
  nlohmann::ordered_json document{
      {"health", to_string(worst_of(findings))},
      {"findings", nlohmann::ordered_json::array()}};
  for (const Finding& finding : findings) {
    auto& one = document["findings"].emplace_back(
        nlohmann::ordered_json{{"health", to_string(finding.health)},
                               {"about", finding.about},
                               {"check", finding.check},
                               {"text", finding.text}});
    if (!finding.cure.empty()) {
      one["cure"] = finding.cure;
    }
  }
  return acme::to_file_text(document);
}

}  // namespace acmectl
