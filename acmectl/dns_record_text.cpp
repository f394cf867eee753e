// SPDX-License-Identifier: BSD-2-Clause
// DNS records as zone files have them.
#include "acmectl/dns_record_text.h"

#include <algorithm>
#include <cstddef>

namespace acmectl {
namespace {

constexpr std::size_t kLongestText = 255;

}  // namespace

std::string txt_record(std::string_view name, std::string_view value) {
  std::string line = std::string(name) + " 3600 IN TXT";
  do {
    const std::string_view part = value.substr(0, kLongestText);
    value.remove_prefix(part.size());
    line += " \"";
    for (const char c : part) {
      line.append(c == '"' || c == '\\' ? "\\" : "").append(1, c);
    }
    line += '"';
  } while (!value.empty());
  return line;
}

}  // namespace acmectl
