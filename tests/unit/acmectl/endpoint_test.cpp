// SPDX-License-Identifier: BSD-2-Clause
// The endpoint is the one that was named, or the nearest of nginx's.
#include "acmectl/endpoint.h"

#include <gmock/gmock.h>

#include <string>

#include "acmectl/refusal.h"
#include "acmectl/status_door.h"

namespace acmectl {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr char kStatus[] = "location /acme { acme_status; }";

std::vector<Endpoint> endpoints_of(const std::string& servers) {
  const auto conf = parse_conf("http { " + servers + " }");
  EXPECT_TRUE(conf) << servers;
  return conf ? find_endpoints(*conf) : std::vector<Endpoint>();
}

Endpoint only(const std::string& server) {
  const auto found = endpoints_of(server);
  EXPECT_EQ(found.size(), 1U) << server;
  return found.empty() ? Endpoint{} : found.front();
}

std::string server(const std::string& content) {
  return "server { " + content + " " + kStatus + " }";
}

std::string refusal_of(const std::string& text) {
  try {
    static_cast<void>(parse_server(text));
  } catch (const Refusal& refusal) {
    EXPECT_EQ(refusal.code(), kUsage);
    return refusal.what();
  }
  return "";
}

TEST(NamedEndpoint, IsAUrlOrASocket) {
  EXPECT_EQ(parse_server("http://127.0.0.1:81/acme").base_url,
            "http://127.0.0.1:81/acme/");
  EXPECT_EQ(parse_server("https://a.example").base_url, "https://a.example/");
  const Endpoint bare = parse_server("unix:/run/acme.sock");
  EXPECT_EQ(bare.unix_socket, "/run/acme.sock");
  EXPECT_EQ(bare.base_url, "http://localhost/");
  const Endpoint prefixed = parse_server("unix:/run/acme.sock:/acme");
  EXPECT_EQ(prefixed.unix_socket, "/run/acme.sock");
  EXPECT_EQ(prefixed.base_url, "http://localhost/acme/");
  EXPECT_EQ(prefixed.describe(), "unix:/run/acme.sock:/acme/");
}

TEST(NamedEndpoint, IsRefusedWithAPasswordWithoutShowingIt) {
  const std::string words = refusal_of("http://user:secret@a.example/");
  EXPECT_THAT(words, HasSubstr("--auth-file"));
  EXPECT_THAT(words, Not(HasSubstr("secret")));
}

TEST(NamedEndpoint, IsRefusedWhenItIsNone) {
  for (const char* text : {"", "a.example", "ftp://a.example/",
                           "unix:", "http://", "http://a/?x", "http://a b/"}) {
    EXPECT_NE(refusal_of(text), "") << text;
  }
}

TEST(FoundEndpoint, IsReachedByTheListenersAddress) {
  EXPECT_EQ(only(server("listen 8080;")).connect_to, "127.0.0.1:8080");
  EXPECT_EQ(only(server("listen *:81;")).connect_to, "127.0.0.1:81");
  EXPECT_EQ(only(server("listen [::]:82;")).connect_to, "[::1]:82");
  EXPECT_EQ(only(server("listen 127.0.0.5;")).connect_to, "127.0.0.5:80");
  EXPECT_EQ(only(server("listen 192.0.2.1:83;")).connect_to, "192.0.2.1:83");
  EXPECT_EQ(only(server("")).connect_to, "127.0.0.1:80");
  EXPECT_EQ(only(server("listen unix:/run/a.sock;")).unix_socket,
            "/run/a.sock");
}

TEST(FoundEndpoint, IsAskedByItsServersName) {
  EXPECT_EQ(only(server("server_name _ ~^x .a.example;")).base_url,
            "http://a.example/acme/");
  EXPECT_EQ(only(server("listen 1 ssl; server_name b.example;")).base_url,
            "https://b.example/acme/");
  EXPECT_EQ(only(server("server_name *.c.example;")).base_url,
            "http://localhost/acme/");
}

TEST(FoundEndpoint, IsTheNearest) {
  const auto found = endpoints_of(
      server("listen 443 ssl;") + server("listen 192.0.2.1:80;") +
      server("listen 80;") + server("listen unix:/b proxy_protocol;") +
      server("listen 127.0.0.1:80;") + server("listen unix:/a;"));
  ASSERT_EQ(found.size(), 6U);
  EXPECT_EQ(found[0].unix_socket, "/a");
  EXPECT_THAT(found[1].connect_to, "127.0.0.1:80");
  EXPECT_THAT(found[2].connect_to, "127.0.0.1:80");
  EXPECT_THAT(found[3].connect_to, "192.0.2.1:80");
  EXPECT_THAT(found[4].base_url, "https://localhost/acme/");
  EXPECT_TRUE(found[5].proxy_protocol);
}

TEST(FoundEndpoint, TakesCommandsWhereItSaysSo) {
  EXPECT_FALSE(only(server("")).is_writable);
  EXPECT_TRUE(
      only("server { location ^~ /a/ { acme_status write=on; } }").is_writable);
}

TEST(FoundEndpoint, MayBeInALocationOfALocation) {
  EXPECT_EQ(only("server { location /a/ { location /a/b/ { acme_status; } } }")
                .base_url,
            "http://localhost/a/b/");
}

TEST(FoundEndpoint, IsNotOneThatCannotBeAsked) {
  EXPECT_THAT(endpoints_of("server { location = /a { acme_status; } "
                           "location ~ ^/b { acme_status; } "
                           "location @c { acme_status; } "
                           "location /d { return 200; } }"),
              IsEmpty());
  EXPECT_THAT(endpoints_of(server("listen 443 quic;")), IsEmpty());
}

TEST(Reference, LeadsToThePathThatItNames) {
  const std::string url = "http://h/acme/1/certificates?limit=2";
  EXPECT_EQ(follow_reference("?after=x", url),
            "http://h/acme/1/certificates?after=x");
  EXPECT_EQ(follow_reference("commands/7", url), "http://h/acme/1/commands/7");
  EXPECT_EQ(follow_reference("/acme/1/commands/7", url),
            "http://h/acme/1/commands/7");
  EXPECT_EQ(follow_reference("http://h/x#y", url), "http://h/x");
}

TEST(Reference, IsNotFollowedElsewhere) {
  const std::string url = "http://h/acme/";
  for (const char* reference :
       {"http://other/", "https://h/", "//other/", "http://h:81/",
        "http://h@other/", "a b", "", "/a\r\nX: y"}) {
    EXPECT_THROW(static_cast<void>(follow_reference(reference, url)), Refusal)
        << reference;
  }
}

}  // namespace
}  // namespace acmectl
