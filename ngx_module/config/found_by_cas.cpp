// SPDX-License-Identifier: BSD-2-Clause
// Which of the addresses where nginx listens a CA finds.
#include "ngx_module/config/found_by_cas.h"

#include <string_view>

namespace ngx_acme {
namespace {

// Nobody reaches it from another machine (RFC 1122 section 3.2.1.3, RFC 4291
// sections 2.5.3 and 2.5.6).
bool is_local(std::string_view address) {
  return address.starts_with("unix:") || address.starts_with("127.") ||
         address.starts_with("[::1]:") || address.starts_with("[fe80:");
}

}  // namespace

std::vector<std::string> found_by_cas(const std::vector<std::string>& addresses,
                                      const std::string& port) {
  std::vector<std::string> usual;
  std::vector<std::string> elsewhere;
  for (const std::string& address : addresses) {
    if (!is_local(address)) {
      (address.ends_with(":" + port) ? usual : elsewhere).push_back(address);
    }
  }
  if (!usual.empty()) {
    return usual;
  }
  return elsewhere.empty() ? addresses : elsewhere;
}

}  // namespace ngx_acme
