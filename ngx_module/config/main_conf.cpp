// SPDX-License-Identifier: BSD-2-Clause
// The module's configuration as a whole.
#include "ngx_module/config/main_conf.h"

#include <algorithm>

#include "ngx_module/status/status_location.h"

namespace ngx_acme {

MainConf::MainConf() = default;
MainConf::~MainConf() = default;

IssuerConf* MainConf::find_issuer(std::string_view name) const noexcept {
  const auto found = std::find_if(
      issuers.begin(), issuers.end(),
      [&](const auto& issuer) { return issuer->spec.name == name; });
  return found == issuers.end() ? nullptr : found->get();
}

std::size_t MainConf::index_of(const IssuerConf& issuer) const noexcept {
  const auto found = std::find_if(
      issuers.begin(), issuers.end(),
      [&](const auto& candidate) { return candidate.get() == &issuer; });
  return static_cast<std::size_t>(found - issuers.begin());
}

MainConf* current_main_conf() noexcept {
  // While the first configuration is read there is no current one.
  if (ngx_cycle == nullptr || ngx_cycle->conf_ctx == nullptr) {
    return nullptr;
  }
  return static_cast<MainConf*>(
      ngx_http_cycle_get_module_main_conf(ngx_cycle, ngx_http_acme_module));
}

}  // namespace ngx_acme
