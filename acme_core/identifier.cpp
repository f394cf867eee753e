// SPDX-License-Identifier: BSD-2-Clause
// What a certificate is for: reading names, and telling public from reserved.
#include "acme_core/identifier.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "acme_core/ascii.h"

namespace acme {
namespace {

// RFC 1035 section 2.3.4; the whole name as text, without its last dot.
constexpr std::size_t kLongestName = 253;
constexpr std::size_t kLongestLabel = 63;

using Address4 = std::array<std::uint8_t, 4>;
using Address6 = std::array<std::uint8_t, 16>;

template <typename Address>
std::optional<Address> read_address(int family, const std::string& text) {
  Address address{};
  if (inet_pton(family, text.c_str(), address.data()) != 1) {
    return std::nullopt;
  }
  return address;
}

template <typename Address>
Identifier address_identifier(int family, const Address& address) {
  // glibc and musl write IPv6 as RFC 5952 section 4 wants it.
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(family, address.data(), text.data(), text.size());
  return {Identifier::Type::kIp, text.data()};
}

std::optional<Identifier> parse_address(std::string_view text) {
  const bool bracketed =
      text.size() > 2 && text.front() == '[' && text.back() == ']';
  if (bracketed) {
    text = text.substr(1, text.size() - 2);
  }
  if (text.size() >= INET6_ADDRSTRLEN ||
      text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  const std::string terminated(text);
  if (const auto address = read_address<Address6>(AF_INET6, terminated)) {
    return address_identifier(AF_INET6, *address);
  }
  const auto address = read_address<Address4>(AF_INET, terminated);
  if (!address || bracketed) {
    return std::nullopt;
  }
  return address_identifier(AF_INET, *address);
}

bool is_label_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_';
}

bool is_label(std::string_view label) noexcept {
  return !label.empty() && label.size() <= kLongestLabel &&
         label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), is_label_character);
}

bool is_host_name(std::string_view name) noexcept {
  for (;;) {
    const std::size_t dot = name.find('.');
    const std::string_view label = name.substr(0, dot);
    if (!is_label(label)) {
      return false;
    }
    if (dot == std::string_view::npos) {
      // A last label of digits only would be an address to some readers
      // (RFC 3696 section 2, RFC 1123 section 2.1).
      return !std::all_of(label.begin(), label.end(), is_digit);
    }
    name.remove_prefix(dot + 1);
  }
}

bool is_in_domain(std::string_view name, std::string_view domain) noexcept {
  return name.ends_with(domain) &&
         (name.size() == domain.size() ||
          name[name.size() - domain.size() - 1] == '.');
}

std::optional<std::string_view> why_name_not_public(std::string_view name) {
  // RFC 2606 and 6761; RFC 6762; RFC 7686; RFC 8375; reserved by ICANN in 2024.
  static constexpr std::array<std::string_view, 8> kReserved{
      "test",  "example", "invalid",   "localhost",
      "local", "onion",   "home.arpa", "internal"};
  if (name.find('.') == std::string_view::npos) {
    return "has a single label";
  }
  if (std::any_of(kReserved.begin(), kReserved.end(),
                  [name](std::string_view domain) {
                    return is_in_domain(name, domain);
                  })) {
    return "is reserved";
  }
  if (name.find('_') != std::string_view::npos) {
    // CA/Browser Forum BR section 7.1.4.2, since 2019.
    return "contains an underscore";
  }
  return std::nullopt;
}

template <typename Address>
struct Network {
  Address prefix;
  unsigned length;  // in bits
  std::string_view why;
};

template <typename Address>
bool contains(const Network<Address>& network, const Address& address) {
  const std::size_t bytes = network.length / 8;
  const unsigned bits = network.length % 8;
  if (!std::equal(address.begin(),
                  address.begin() + static_cast<std::ptrdiff_t>(bytes),
                  network.prefix.begin())) {
    return false;
  }
  return bits == 0 ||
         (address[bytes] ^ network.prefix[bytes]) >> (8 - bits) == 0;
}

template <typename Address, std::size_t kSize>
std::optional<std::string_view> find_network(
    const std::array<Network<Address>, kSize>& networks,
    const Address& address) {
  const auto found = std::find_if(
      networks.begin(), networks.end(),
      [&](const Network<Address>& net) { return contains(net, address); });
  if (found == networks.end()) {
    return std::nullopt;
  }
  return found->why;
}

constexpr std::string_view kLoopback = "is a loopback address";
constexpr std::string_view kPrivate = "is a private address";
constexpr std::string_view kLinkLocal = "is a link-local address";
constexpr std::string_view kReservedAddress = "is a reserved address";

// IANA's special-purpose registries (RFC 6890), to which CA/Browser Forum BR
// section 4.2.2 refers.
constexpr std::array<Network<Address4>, 14> kNetworks4{{
    {{0, 0, 0, 0}, 8, kReservedAddress},
    {{10, 0, 0, 0}, 8, kPrivate},
    {{100, 64, 0, 0}, 10, kPrivate},
    {{127, 0, 0, 0}, 8, kLoopback},
    {{169, 254, 0, 0}, 16, kLinkLocal},
    {{172, 16, 0, 0}, 12, kPrivate},
    {{192, 0, 0, 0}, 24, kReservedAddress},
    {{192, 0, 2, 0}, 24, kReservedAddress},
    {{192, 168, 0, 0}, 16, kPrivate},
    {{198, 18, 0, 0}, 15, kReservedAddress},
    {{198, 51, 100, 0}, 24, kReservedAddress},
    {{203, 0, 113, 0}, 24, kReservedAddress},
    {{224, 0, 0, 0}, 4, kReservedAddress},
    {{240, 0, 0, 0}, 4, kReservedAddress},
}};

constexpr std::array<Network<Address6>, 5> kNetworks6{{
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, kLoopback},
    {{0xfc}, 7, kPrivate},
    {{0xfe, 0x80}, 10, kLinkLocal},
    {{0x20, 0x01, 0x0d, 0xb8}, 32, kReservedAddress},
    {{0x3f, 0xff}, 20, kReservedAddress},
}};

// Outside of it nothing is global unicast (RFC 4291 section 2.4).
constexpr Network<Address6> kGlobalUnicast{{0x20}, 3, {}};

std::optional<std::string_view> why_address_not_public(
    const std::string& text) {
  if (const auto address = read_address<Address4>(AF_INET, text)) {
    return find_network(kNetworks4, *address);
  }
  const auto address = read_address<Address6>(AF_INET6, text);
  if (!address) {
    return "is not an IP address";
  }
  if (const auto why = find_network(kNetworks6, *address)) {
    return why;
  }
  return contains(kGlobalUnicast, *address) ? std::optional<std::string_view>()
                                            : kReservedAddress;
}

}  // namespace

std::optional<Identifier> parse_identifier(std::string_view text) {
  if (auto address = parse_address(text)) {
    return address;
  }
  if (text.size() > kLongestName) {
    return std::nullopt;
  }
  Identifier identifier{Identifier::Type::kDns, std::string(text)};
  std::transform(identifier.value.begin(), identifier.value.end(),
                 identifier.value.begin(), to_lower);
  std::string_view name = identifier.value;
  if (identifier.is_wildcard()) {
    name.remove_prefix(2);
  }
  if (!is_host_name(name)) {
    return std::nullopt;
  }
  return identifier;
}

std::optional<std::string_view> why_not_public(const Identifier& identifier) {
  if (identifier.type == Identifier::Type::kIp) {
    return why_address_not_public(identifier.value);
  }
  std::string_view name = identifier.value;
  if (identifier.is_wildcard()) {
    name.remove_prefix(2);
  }
  return why_name_not_public(name);
}

}  // namespace acme
