// SPDX-License-Identifier: BSD-2-Clause
// The Link field.
#include "acme_core/protocol/link_header.h"

#include <algorithm>
#include <utility>

namespace acme {
namespace {

constexpr std::size_t kMostLinks = 16;

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Cuts off what comes before the next `separator` outside of quotes.
std::string_view take_until(std::string_view& text, char separator) {
  bool is_quoted = false;
  std::size_t i = 0;
  for (; i < text.size() && (is_quoted || text[i] != separator); ++i) {
    is_quoted = is_quoted != (text[i] == '"');
  }
  const std::string_view part = text.substr(0, i);
  text.remove_prefix(std::min(i + 1, text.size()));
  return trim(part);
}

bool is_relation(std::string_view parameter, std::string_view relation) {
  const std::string_view name = take_until(parameter, '=');
  std::string_view value = trim(parameter);
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    value = value.substr(1, value.size() - 2);
  }
  return name == "rel" && value == relation;
}

std::string absolute(std::string_view target, const std::string& url) {
  if (target.starts_with("//") || !target.starts_with('/')) {
    return std::string(target);
  }
  const std::size_t host = url.find("://");
  if (host == std::string::npos) {
    return {};
  }
  return url.substr(0, url.find('/', host + 3)) + std::string(target);
}

}  // namespace

std::vector<std::string> links(const HttpResponse& response,
                               std::string_view relation,
                               const std::string& url) {
  std::vector<std::string> found;
  const auto [first, last] = response.headers.equal_range("link");
  for (auto field = first; field != last; ++field) {
    std::string_view rest = field->second;
    for (std::size_t open = rest.find('<'); open != std::string_view::npos;
         open = rest.find('<')) {
      const std::size_t close = rest.find('>', open);
      if (close == std::string_view::npos) {
        break;
      }
      std::string target =
          absolute(rest.substr(open + 1, close - open - 1), url);
      rest.remove_prefix(close + 1);
      std::string_view parameters = take_until(rest, ',');
      bool is_wanted = false;
      while (!parameters.empty()) {
        is_wanted =
            is_relation(take_until(parameters, ';'), relation) || is_wanted;
      }
      if (is_wanted && target.starts_with("https://") &&
          found.size() < kMostLinks) {
        found.push_back(std::move(target));
      }
    }
  }
  return found;
}

}  // namespace acme
