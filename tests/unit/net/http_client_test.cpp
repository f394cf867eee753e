// SPDX-License-Identifier: BSD-2-Clause
#include "acme_core/net/http_client.h"

#include <gtest/gtest.h>

namespace acme {
namespace {

TEST(HttpResponse, HasNoHeaderThatWasNotSent) {
  HttpResponse response;
  response.headers.emplace("location", "https://ca.example/order/1");
  EXPECT_EQ(response.header("retry-after"), std::nullopt);
  EXPECT_EQ(response.header(""), std::nullopt);
}

TEST(HttpResponse, GivesTheFirstOfRepeatedHeaders) {
  HttpResponse response;
  response.headers.emplace("link", "</first>");
  response.headers.emplace("link", "</second>");
  response.headers.emplace("location", "https://ca.example/order/1");
  EXPECT_EQ(response.header("link"), "</first>");
  EXPECT_EQ(response.header("location"), "https://ca.example/order/1");
}

TEST(HttpResponse, TellsAnEmptyHeaderFromNone) {
  HttpResponse response;
  response.headers.emplace("replay-nonce", "");
  EXPECT_EQ(response.header("replay-nonce"), "");
}

}  // namespace
}  // namespace acme
