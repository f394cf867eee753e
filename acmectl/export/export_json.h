// SPDX-License-Identifier: BSD-2-Clause
// What an export has written, as JSON.
#pragma once

#include <string>
#include <vector>

namespace acmectl {

struct ExportLine {
  std::string certificate;  ///< by the name of its state files
  std::string path;
  std::string result;  ///< "written", "there", "failed"
  std::string text;    ///< why it failed
};

/// {"exported":[{"certificate","path","result","text"}]} and a newline.
[[nodiscard]] std::string export_json(const std::vector<ExportLine>& lines);

}  // namespace acmectl
