// SPDX-License-Identifier: BSD-2-Clause
// What is wrong with a name that is not a host name.
#include "ngx_module/config/name_faults.h"

#include <algorithm>
#include <cstddef>

#include "acme_core/internationalized_name.h"

namespace ngx_acme {
namespace {

// RFC 1035 section 2.3.4.
constexpr std::size_t kLongestName = 253;
constexpr std::size_t kLongestLabel = 63;

bool has_long_label(std::string_view name) {
  for (;;) {
    const std::size_t dot = name.find('.');
    if (name.substr(0, dot).size() > kLongestLabel) {
      return true;
    }
    if (dot == std::string_view::npos) {
      return false;
    }
    name.remove_prefix(dot + 1);
  }
}

bool ends_in_port(std::string_view name) {
  const std::size_t colon = name.rfind(':');
  return colon != std::string_view::npos && colon != 0 &&
         colon + 1 < name.size() && name.find(':') == colon &&
         std::all_of(name.begin() + static_cast<std::ptrdiff_t>(colon) + 1,
                     name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string host_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) {
    url.remove_prefix(scheme + 3);
  }
  return std::string(url.substr(0, url.find('/')));
}

bool is_ascii(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x80;
  });
}

}  // namespace

std::string why_no_host_name(std::string_view name) {
  if (!is_ascii(name)) {
    const auto ascii = acme::to_ascii(name);
    return ascii
               ? "it is not ASCII: write \"" + *ascii + "\""
               : std::string("it is no name of a domain, in ASCII or in UTF-8");
  }
  if (name.ends_with(".*")) {
    return "a wildcard at its end: list the names themselves";
  }
  if (name.find('/') != std::string_view::npos) {
    return "it is no name but a URL: write \"" + host_of(name) + "\"";
  }
  if (ends_in_port(name)) {
    return "it ends in a port: write \"" +
           std::string(name.substr(0, name.rfind(':'))) + "\"";
  }
  if (name.find(',') != std::string_view::npos) {
    return "it has a comma: separate names by spaces";
  }
  if (name.size() > 1 && (name.ends_with('.') || name.ends_with(';'))) {
    return "it ends in a \"" + std::string(name.substr(name.size() - 1)) +
           "\": write \"" + std::string(name.substr(0, name.size() - 1)) + "\"";
  }
  if (name.size() > kLongestName) {
    return "it is longer than 253 characters";
  }
  if (has_long_label(name)) {
    return "a label of it is longer than 63 characters";
  }
  return "no certificate can have such a name";
}

}  // namespace ngx_acme
