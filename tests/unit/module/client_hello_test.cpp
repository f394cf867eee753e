// SPDX-License-Identifier: BSD-2-Clause
// Which ClientHellos are a CA's, and for which name.
#include "ngx_module/challenge/client_hello.h"

#include <gtest/gtest.h>

#include <string>

namespace ngx_acme {
namespace {

using namespace std::string_literals;

// A server_name extension with one host name (RFC 6066 section 3).
std::string extension_of(const std::string& name) {
  const auto number = [](std::size_t size) {
    return std::string{static_cast<char>(size >> 8), static_cast<char>(size)};
  };
  const std::string entry = "\0"s + number(name.size()) + name;
  return number(entry.size()) + entry;
}

TEST(ClientHello, OffersAcmeTlsOnlyWhenItOffersNothingElse) {
  EXPECT_TRUE(
      offers_only_acme_tls("\0\x0b\x0a"
                           "acme-tls/1"s));
  EXPECT_FALSE(
      offers_only_acme_tls("\0\x0e\x0a"
                           "acme-tls/1\2h2"s));
  EXPECT_FALSE(offers_only_acme_tls("\0\3\2h2"s));
  EXPECT_FALSE(
      offers_only_acme_tls("\0\x0b\x0a"
                           "ACME-TLS/1"s));
  EXPECT_FALSE(offers_only_acme_tls(""));
}

TEST(ClientHello, AsksForItsServerNameInLowerCase) {
  EXPECT_EQ(server_name(extension_of("WWW.example.com")), "www.example.com");
  EXPECT_EQ(server_name(extension_of(std::string(255, 'a'))),
            std::string(255, 'a'));
}

TEST(ClientHello, AsksForNothingWhenItsServerNameIsMalformed) {
  const std::string good = extension_of("www.example.com");
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_EQ(server_name(good.substr(0, size)), "") << size;
  }
  EXPECT_EQ(server_name(good + "x"), "");
  EXPECT_EQ(server_name(extension_of(std::string(256, 'a'))), "");
  std::string another_type = good;
  another_type[2] = '\1';
  EXPECT_EQ(server_name(another_type), "");
  std::string two_names = good + good.substr(2);
  two_names[1] = static_cast<char>(two_names.size() - 2);
  EXPECT_EQ(server_name(two_names), "");
}

}  // namespace
}  // namespace ngx_acme
