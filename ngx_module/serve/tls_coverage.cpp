// SPDX-License-Identifier: BSD-2-Clause
// Which of its names a server's certificate is good for.
#include "ngx_module/serve/tls_coverage.h"

#include <algorithm>
#include <array>

#include "acme_core/ascii.h"
#include "acme_core/crypto/certificate.h"
#include "acme_core/storage/fitness.h"
#include "ngx_module/serve/wildcard_name.h"

namespace ngx_acme {

Coverage::Coverage(const std::vector<std::uint8_t>& leaf,
                   std::span<const acme::Identifier> identifiers) {
  const auto chain = acme::CertificateChain::from_der(std::span(&leaf, 1));
  if (!chain) {
    return;  // whoever installs it says so
  }
  const std::vector<std::string> names = acme::names_of(*chain);
  for (const acme::Identifier& identifier : identifiers) {
    if (!acme::is_covered(identifier, names)) {
      missing_.emplace(identifier.value, true);
    }
  }
  if (!missing_.empty()) {
    for (const std::string& name : names) {
      covered_.emplace(name, true);
    }
  }
}

bool Coverage::serves(std::string_view name) const noexcept {
  // RFC 1035 section 2.3.4.
  std::array<char, 256> lower;
  if (missing_.empty() || name.empty() || name.size() > lower.size()) {
    return true;
  }
  std::transform(name.begin(), name.end(), lower.begin(), acme::to_lower);
  const std::string_view asked(lower.data(), name.size());
  return find_covering(covered_, asked) != nullptr ||
         find_covering(missing_, asked) == nullptr;
}

}  // namespace ngx_acme
