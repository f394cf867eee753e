// SPDX-License-Identifier: BSD-2-Clause
// Which of its names a server's certificate is good for. One that stands in for
// another may lack some, and so may one from which a dead name was left out.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "acme_core/identifier.h"
#include "ngx_module/nginx/string_hash.h"

namespace ngx_acme {

/// Made when a certificate is swapped in. One that has all names costs nothing.
class Coverage {
 public:
  Coverage() = default;
  /// `leaf` in DER. Throws std::bad_alloc.
  Coverage(const std::vector<std::uint8_t>& leaf,
           std::span<const acme::Identifier> identifiers);

  [[nodiscard]] bool has_all() const noexcept { return missing_.empty(); }
  /// How many of the names.
  [[nodiscard]] std::size_t missing() const noexcept { return missing_.size(); }

  /// Whether the certificate is for a client that asks for `name`: one that
  /// asks for a name that it lacks has to meet something else. Clients that
  /// ask for none, or for a name of nobody, are shown it as ever.
  [[nodiscard]] bool serves(std::string_view name) const noexcept;

 private:
  NameMap<bool> missing_;  ///< of the server's names
  NameMap<bool> covered_;  ///< the certificate's; empty when it has all
};

}  // namespace ngx_acme
