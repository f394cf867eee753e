// SPDX-License-Identifier: BSD-2-Clause
// Names of domains in other scripts than Latin.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace acme {

/// The form that certificates and DNS have of a name in UTF-8: "bücher.example"
/// is "xn--bcher-kva.example" (IDNA2008, RFC 5891; capitals are lowered as in
/// Unicode TR46). nullopt: there is none.
[[nodiscard]] std::optional<std::string> to_ascii(std::string_view name);

}  // namespace acme
