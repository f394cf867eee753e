// SPDX-License-Identifier: BSD-2-Clause
// Hosts that only a DNS server of the test knows.
#include "tests/support/dns_test_server.h"
#include "tests/unit/net/curl_client_fixture.h"

namespace acme {
namespace {

class CurlResolverTest : public CurlHttpClientTest {
 protected:
  CurlResolverTest() {
    dns_.set("ca.example.invalid", {"127.0.0.1"});
    dns_.set("other.example.invalid", {"127.0.0.1"});
  }

  CurlHttpClient& resolving_client() {
    CurlHttpClientOptions with_resolver = options();
    with_resolver.resolver = DnsServers{.servers = {dns_.address()}};
    client_ = std::make_unique<CurlHttpClient>(with_resolver);
    return *client_;
  }

  // The server's URL under another name.
  static std::string named(const std::string& url, const std::string& host) {
    return "https://" + host + url.substr(url.find(':', 8));
  }

  DnsTestServer dns_;
};

TEST_F(CurlResolverTest, FindsTheHostByThoseServers) {
  start([](const auto&) { return ok("found"); }, {"ca.example.invalid"});
  CurlHttpClient& client = resolving_client();
  const std::string url = named(server().url("/dir"), "ca.example.invalid");
  EXPECT_EQ(client.send(get(url), {}).body, "found");
  EXPECT_EQ(client.send(post(url, "{}"), {}).body, "found");
}

TEST_F(CurlResolverTest, FindsTheHostsOfRedirectsLikewise) {
  start([](const auto&) { return ok("here"); }, {"other.example.invalid"});
  const std::string target =
      named(server().url("/dir"), "other.example.invalid");
  start([&](const auto&) { return redirect(target); }, {"ca.example.invalid"});
  EXPECT_EQ(resolving_client()
                .send(get(named(server().url("/"), "ca.example.invalid")), {})
                .body,
            "here");
}

TEST_F(CurlResolverTest, BoundsRedirectsAndLeavesPostsAlone) {
  start([&](const auto&) { return redirect("/again"); },
        {"ca.example.invalid"});
  CurlHttpClient& client = resolving_client();
  const std::string url = named(server().url("/"), "ca.example.invalid");
  EXPECT_THAT(failure_of(client, get(url)).what(), HasSubstr("too often"));
  EXPECT_EQ(client.send(post(url, "{}"), {}).status, 302);
}

TEST_F(CurlResolverTest, DoesNotFollowAwayFromHttps) {
  start([&](const auto&) { return redirect("http://ca.example.invalid/"); },
        {"ca.example.invalid"});
  EXPECT_THAT(failure_of(resolving_client(),
                         get(named(server().url("/"), "ca.example.invalid")))
                  .what(),
              HasSubstr("away from https"));
}

TEST_F(CurlResolverTest, SaysWhichHostTheServersDoNotKnow) {
  EXPECT_THAT(
      failure_of(resolving_client(), get("https://nowhere.invalid/dir")).what(),
      HasSubstr("cannot find the address of \"nowhere.invalid\""));
}

}  // namespace
}  // namespace acme
