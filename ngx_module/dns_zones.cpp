// SPDX-License-Identifier: BSD-2-Clause
// Which zone a name lies in.
#include "ngx_module/dns_zones.h"

namespace ngx_acme {

// Of zones within each other, the innermost.
std::optional<std::string_view> ListenZones::zone_of(
    std::string_view name) const {
  for (std::string_view end = name; !end.empty();) {
    if (apexes_.contains(end)) {
      return end;
    }
    const std::size_t dot = end.find('.');
    end.remove_prefix(dot == std::string_view::npos ? end.size() : dot + 1);
  }
  return challenges_.find_txt(name).txt.empty() ? std::nullopt
                                                : std::optional(name);
}

acme::DnsZones::Node ListenZones::find(std::string_view name) const {
  return challenges_.find_txt(name);
}

}  // namespace ngx_acme
