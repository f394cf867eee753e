// SPDX-License-Identifier: BSD-2-Clause
// Subjects as operators write them: "O=Example Inc, C=US".
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace acme {

struct NameAttribute {
  std::string type;   ///< "O", as OpenSSL calls it
  std::string value;  ///< UTF-8

  friend bool operator==(const NameAttribute&, const NameAttribute&) = default;
};
using DistinguishedName = std::vector<NameAttribute>;

struct ParsedName {
  DistinguishedName name;  ///< in the order it was written
  std::string fault;       ///< why the text is none; empty: nothing is wrong
};

/// Reads attributes with commas between them (RFC 4514 section 3: a backslash
/// goes before a comma or a quotation mark of a value, or before two
/// hexadecimal digits). Known are those a CA puts into certificates: C, ST, L,
/// O, OU, street, postalCode, serialNumber, businessCategory. Each is bounded
/// as RFC 5280 appendix A.1 has it.
[[nodiscard]] ParsedName parse_distinguished_name(std::string_view text);

}  // namespace acme
