// SPDX-License-Identifier: BSD-2-Clause
// Reading subjects.
#include "acme_core/crypto/distinguished_name.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <optional>
#include <utility>

#include "acme_core/ascii.h"

namespace acme {
namespace {

struct KnownAttribute {
  std::string_view type;
  std::size_t longest;
};

constexpr std::array kKnown{KnownAttribute{"C", 2},
                            KnownAttribute{"ST", 128},
                            KnownAttribute{"L", 128},
                            KnownAttribute{"O", 64},
                            KnownAttribute{"OU", 64},
                            KnownAttribute{"street", 128},
                            KnownAttribute{"postalCode", 40},
                            KnownAttribute{"serialNumber", 64},
                            KnownAttribute{"businessCategory", 128}};

const KnownAttribute* find_known(std::string_view type) {
  const auto found = std::find_if(kKnown.begin(), kKnown.end(),
                                  [&](const KnownAttribute& known) {
                                    return equal_without_case(known.type, type);
                                  });
  return found == kKnown.end() ? nullptr : &*found;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  return first == std::string_view::npos
             ? std::string_view()
             : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

int hex_digit(char c) {
  return c >= '0' && c <= '9'                       ? c - '0'
         : to_lower(c) >= 'a' && to_lower(c) <= 'f' ? to_lower(c) - 'a' + 10
                                                    : -1;
}

// The text up to a comma that no backslash is before.
std::string_view take_attribute(std::string_view& rest) {
  std::size_t end = 0;
  while (end < rest.size() && rest[end] != ',') {
    end += rest[end] == '\\' && end + 1 < rest.size() ? 2 : 1;
  }
  const std::string_view attribute = rest.substr(0, end);
  rest.remove_prefix(end);
  return attribute;
}

// nullopt for a backslash that nothing of use follows, and for characters that
// no subject has.
std::optional<std::string> unescaped(std::string_view text) {
  std::string value;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '\\') {
      if (++i == text.size()) {
        return std::nullopt;
      }
      const int high = hex_digit(text[i]);
      const int low = i + 1 < text.size() ? hex_digit(text[i + 1]) : -1;
      if (high >= 0 && low >= 0) {
        c = static_cast<char>(high * 16 + low);
        ++i;
      } else if (std::string_view(",\"\\+;<>=# ").find(text[i]) !=
                 std::string_view::npos) {
        c = text[i];
      } else {
        return std::nullopt;
      }
    }
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') {
      return std::nullopt;
    }
    value += c;
  }
  return value;
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const std::size_t length = first < 0x80                    ? 1
                               : first >= 0xc2 && first < 0xe0 ? 2
                               : first >= 0xe0 && first < 0xf0 ? 3
                               : first >= 0xf0 && first < 0xf5 ? 4
                                                               : 0;
    if (length == 0 || i + length > text.size()) {
      return false;
    }
    for (std::size_t k = 1; k < length; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) {
        return false;
      }
    }
    i += length;
  }
  return true;
}

std::string fault_of(const KnownAttribute& known, const std::string& value) {
  const std::string type(known.type);
  if (value.empty()) {
    return "\"" + type + "\" has no value";
  }
  if (!is_utf8(value)) {
    return "the value of \"" + type + "\" is not UTF-8";
  }
  if (known.type == "C") {
    const bool good = value.size() == 2 &&
                      std::all_of(value.begin(), value.end(), [](char c) {
                        return to_lower(c) >= 'a' && to_lower(c) <= 'z';
                      });
    return good ? std::string() : "\"C\" is a country code of two letters";
  }
  const auto length = static_cast<std::size_t>(std::count_if(
      value.begin(), value.end(),
      [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
  return length <= known.longest
             ? std::string()
             : "the value of \"" + type + "\" is longer than " +
                   std::to_string(known.longest) + " characters";
}

}  // namespace

ParsedName parse_distinguished_name(std::string_view text) {
  ParsedName parsed;
  for (bool more = true; more;) {
    const std::string_view attribute = take_attribute(text);
    more = !text.empty();
    text.remove_prefix(more ? 1 : 0);
    const std::size_t equals = attribute.find('=');
    if (equals == std::string_view::npos) {
      parsed.fault = "\"" + std::string(trimmed(attribute)) +
                     "\" is not of the form TYPE=VALUE; a comma within a value "
                     "needs a backslash before it";
      return parsed;
    }
    const std::string_view type = trimmed(attribute.substr(0, equals));
    const KnownAttribute* known = find_known(type);
    if (known == nullptr) {
      parsed.fault = "\"" + std::string(type) +
                     "\" is not one of C, ST, L, O, "
                     "OU, street, postalCode, serialNumber, businessCategory";
      return parsed;
    }
    auto value = unescaped(trimmed(attribute.substr(equals + 1)));
    parsed.fault = value ? fault_of(*known, *value)
                         : "the value of \"" + std::string(known->type) +
                               "\" has a character that has no place there";
    if (!parsed.fault.empty()) {
      return parsed;
    }
    parsed.name.push_back({std::string(known->type), std::move(*value)});
  }
  return parsed;
}

}  // namespace acme
