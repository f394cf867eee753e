// SPDX-License-Identifier: BSD-2-Clause
// Which of a server's certificates is for whom.
#include "ngx_module/serve/tls_server.h"

#include <algorithm>
#include <array>
#include <new>
#include <optional>
#include <string_view>

#include "acme_core/ascii.h"
#include "ngx_module/serve/tls_spare_certificates.h"
#include "ngx_module/serve/wildcard_name.h"
#include "ngx_module/shared/certificate_zone.h"

namespace ngx_acme {

TlsPart& TlsServer::part_for(std::string_view name) noexcept {
  // RFC 1035 section 2.3.4.
  std::array<char, 256> lower;
  if (part_of_.empty() || name.empty() || name.size() > lower.size()) {
    return parts.front();
  }
  std::transform(name.begin(), name.end(), lower.begin(), acme::to_lower);
  const std::size_t* found =
      find_covering(part_of_, std::string_view(lower.data(), name.size()));
  return parts[found == nullptr ? 0 : *found];
}

void TlsServer::index_names() {
  for (std::size_t i = 1; i < parts.size(); ++i) {
    for (const acme::Identifier& identifier : parts[i].identifiers) {
      part_of_.emplace(identifier.value, i);
    }
  }
}

bool TlsServer::serves(TlsPart& part, TlsPart::Certificate& certificate,
                       std::string_view name) const {
  const std::uint64_t generation = zone->generation(certificate.index);
  if (generation != certificate.known) {
    const std::optional<CopiedPair> pair = zone->copy_pair(certificate.index);
    if (pair) {
      certificate.known = pair->generation;
      certificate.coverage = Coverage(pair->chain.front(), part.identifiers);
    }
  }
  return generation != 0 && certificate.coverage.serves(name);
}

bool TlsServer::has_certificate(std::string_view name) noexcept {
  TlsPart& part = part_for(name);
  if (parts.front().has_foreign_certificates) {
    return true;
  }
  try {
    const auto certificates = part.certificates();
    const bool has_own =
        zone != nullptr && std::any_of(certificates.begin(), certificates.end(),
                                       [&](TlsPart::Certificate& certificate) {
                                         return serves(part, certificate, name);
                                       });
    return has_own || (spares != nullptr && spares->has(name));
  } catch (const std::bad_alloc&) {
    return false;
  }
}

}  // namespace ngx_acme
