// SPDX-License-Identifier: BSD-2-Clause
// Lines of the form NAME=VALUE.
#include "acmectl/import/client_settings.h"

#include <algorithm>

namespace acmectl {
namespace {

constexpr std::string_view kSpace = " \t\r";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) {
    return {};
  }
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

std::string_view unquoted(std::string_view text) {
  const bool is_quoted = text.size() >= 2 && text.front() == text.back() &&
                         (text.front() == '\'' || text.front() == '"');
  return is_quoted ? text.substr(1, text.size() - 2) : text;
}

}  // namespace

std::map<std::string, std::string> read_settings(std::string_view text) {
  std::map<std::string, std::string> settings;
  while (!text.empty()) {
    const std::string_view line = trimmed(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(text.size(), text.find('\n')));
    text.remove_prefix(text.empty() ? 0 : 1);
    const std::size_t sign = line.find('=');
    if (line.starts_with('#') || line.starts_with('[') ||
        sign == std::string_view::npos) {
      continue;
    }
    settings[std::string(trimmed(line.substr(0, sign)))] =
        unquoted(trimmed(line.substr(sign + 1)));
  }
  return settings;
}

std::string setting(const std::map<std::string, std::string>& settings,
                    const std::string& name) {
  const auto found = settings.find(name);
  return found == settings.end() ? std::string() : found->second;
}

}  // namespace acmectl
