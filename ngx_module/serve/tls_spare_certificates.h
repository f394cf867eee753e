// SPDX-License-Identifier: BSD-2-Clause
// Certificates that were issued for other servers than there are now, and have
// names that the present ones lack until theirs are issued.
#pragma once

#include <openssl/ssl.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ngx_module/serve/tls_parsed_pair.h"

namespace ngx_acme {

class CertificateZone;

/// Of one configuration, in one worker; what the zone has is read at the first
/// need.
class SpareCertificates {
 public:
  /// The zone outlives the object.
  explicit SpareCertificates(const CertificateZone& zone) : zone_(zone) {}

  /// Whether one is for clients that ask for `name`, and has time left.
  [[nodiscard]] bool has(std::string_view name) {
    return find(name) != nullptr;
  }

  /// Has the connection show it, and nothing else. False when there is none.
  /// Throws std::bad_alloc.
  [[nodiscard]] bool show(SSL* ssl, std::string_view name);

 private:
  struct Spare {
    ParsedPair pair;
    std::vector<std::string> names;
  };

  [[nodiscard]] const Spare* find(std::string_view name);

  const CertificateZone& zone_;
  std::optional<std::vector<Spare>> spares_;
};

}  // namespace ngx_acme
