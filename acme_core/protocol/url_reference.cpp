// SPDX-License-Identifier: BSD-2-Clause
// Resolving relative references (RFC 3986 section 5.2).
#include "acme_core/protocol/url_reference.h"

#include <algorithm>
#include <vector>

namespace acme {
namespace {

constexpr std::string_view kHttps = "https://";

bool has_scheme(std::string_view reference) {
  const std::size_t end = reference.find_first_of(":/?#");
  return end != std::string_view::npos && end != 0 && reference[end] == ':';
}

// Section 5.2.4, for a path that begins with "/".
std::string without_dots(std::string_view path) {
  std::vector<std::string_view> kept;
  bool is_folder = false;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    is_folder = segment == "." || segment == "..";
    if (segment == ".." && !kept.empty()) {
      kept.pop_back();
    } else if (!is_folder) {
      kept.push_back(segment);
    }
  }
  std::string result;
  for (const std::string_view segment : kept) {
    result.append("/").append(segment);
  }
  return is_folder || result.empty() ? result + "/" : result;
}

// The URL whose path is as written.
std::optional<std::string> normal(std::string_view url) {
  const std::string_view rest = url.substr(kHttps.size());
  const std::string_view host = rest.substr(0, rest.find_first_of("/?"));
  const std::string_view tail = rest.substr(host.size());
  const std::string_view path = tail.substr(0, tail.find('?'));
  if (host.empty()) {
    return std::nullopt;
  }
  return std::string(kHttps)
      .append(host)
      .append(path.empty() ? std::string() : without_dots(path))
      .append(tail.substr(path.size()));
}

}  // namespace

std::optional<std::string> resolve_reference(std::string_view reference,
                                             std::string_view request_url) {
  if (std::any_of(reference.begin(), reference.end(), [](char c) {
        return static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
      })) {
    return std::nullopt;
  }
  reference = reference.substr(0, reference.find('#'));
  // What is whole stays as the CA wrote it.
  if (reference.starts_with(kHttps)) {
    return reference.size() == kHttps.size()
               ? std::nullopt
               : std::optional(std::string(reference));
  }
  if (!request_url.starts_with(kHttps) || has_scheme(reference) ||
      reference.empty()) {
    return std::nullopt;
  }
  if (reference.starts_with("//")) {
    return normal(std::string("https:").append(reference));
  }
  request_url = request_url.substr(0, request_url.find('#'));
  const std::string_view without_query =
      request_url.substr(0, request_url.find('?'));
  const std::string_view origin =
      without_query.substr(0, without_query.find('/', kHttps.size()));
  if (reference.starts_with('/')) {
    return normal(std::string(origin).append(reference));
  }
  if (reference.starts_with('?')) {
    return normal(std::string(without_query).append(reference));
  }
  // Section 5.2.3: instead of what follows the last slash.
  std::string folder(without_query.substr(0, without_query.rfind('/') + 1));
  if (without_query == origin) {
    folder = std::string(origin).append("/");
  }
  return normal(folder.append(reference));
}

}  // namespace acme
