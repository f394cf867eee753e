// SPDX-License-Identifier: BSD-2-Clause
// Names and addresses as operators, CAs and certificates write them.
#include <string>

#include "acme_core/identifier.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using acme::expect;
  const std::string_view text = acme::as_text(data, size);
  const auto identifier = acme::parse_identifier(text);
  if (!identifier) {
    return 0;
  }
  const std::string& value = identifier->value;
  expect(acme::parse_identifier(value) == identifier,
         "an identifier is read as itself");
  expect(!value.empty() && value.size() <= 253, "a name is bounded");
  expect(value.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.:*") ==
             std::string::npos,
         "a name is of lower-case letters, digits, hyphens and underscores");
  expect(value.find('*') == std::string::npos || identifier->is_wildcard(),
         "an asterisk is the first label");
  expect(value.find("..") == std::string::npos && value.front() != '.' &&
             value.back() != '.',
         "no label is empty");
  static_cast<void>(acme::why_not_public(*identifier));
  return 0;
}
