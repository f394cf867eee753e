// SPDX-License-Identifier: BSD-2-Clause
#include "ngx_module/config/found_by_cas.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ngx_acme {
namespace {

using Addresses = std::vector<std::string>;

TEST(FoundByCas, ThePortThatCasLookAtGoesBeforeOthers) {
  EXPECT_EQ(found_by_cas({"0.0.0.0:8080", "0.0.0.0:80", "[::]:80"}, "80"),
            (Addresses{"0.0.0.0:80", "[::]:80"}));
}

TEST(FoundByCas, AnotherPortMayBeForwardedTo) {
  EXPECT_EQ(found_by_cas({"0.0.0.0:8443", "127.0.0.1:443"}, "443"),
            (Addresses{"0.0.0.0:8443"}));
  EXPECT_EQ(found_by_cas({"192.0.2.1:1443"}, "443"),
            (Addresses{"192.0.2.1:1443"}));
}

TEST(FoundByCas, WhatOnlyThisMachineReachesIsLeftOut) {
  EXPECT_EQ(found_by_cas({"127.0.0.1:80", "127.9.9.9:80", "[::1]:80",
                          "unix:/run/http.sock", "[fe80::1]:80", "10.0.0.1:80",
                          "[2001:db8::1]:80"},
                         "80"),
            (Addresses{"10.0.0.1:80", "[2001:db8::1]:80"}));
}

TEST(FoundByCas, UnlessThereIsNothingElse) {
  const Addresses local{"127.0.0.1:8080", "unix:/run/http.sock"};

  EXPECT_EQ(found_by_cas(local, "80"), local);
  EXPECT_EQ(found_by_cas({}, "80"), Addresses());
}

}  // namespace
}  // namespace ngx_acme
