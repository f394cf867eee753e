// SPDX-License-Identifier: BSD-2-Clause
#include "ngx_module/config/name_faults.h"

#include <gtest/gtest.h>

#include <string>

namespace ngx_acme {
namespace {

TEST(WhyNoHostName, EachFaultHasItsCure) {
  EXPECT_EQ(why_no_host_name("bücher.example"),
            "it is not ASCII: write \"xn--bcher-kva.example\"");
  EXPECT_EQ(why_no_host_name("www.example.*"),
            "a wildcard at its end: list the names themselves");
  EXPECT_EQ(why_no_host_name("www.example.com:443"),
            "it ends in a port: write \"www.example.com\"");
  EXPECT_EQ(why_no_host_name("www.example.com."),
            "it ends in a \".\": write \"www.example.com\"");
  EXPECT_EQ(why_no_host_name("www.example.com;"),
            "it ends in a \";\": write \"www.example.com\"");
  for (const char* const url :
       {"https://www.example.com", "https://www.example.com/a/b",
        "www.example.com/"}) {
    EXPECT_EQ(why_no_host_name(url),
              "it is no name but a URL: write \"www.example.com\"");
  }
  EXPECT_EQ(why_no_host_name("www.example.com,"),
            "it has a comma: separate names by spaces");
  EXPECT_EQ(why_no_host_name(std::string(64, 'a') + ".example"),
            "a label of it is longer than 63 characters");
  EXPECT_EQ(why_no_host_name(std::string(63, 'a') + ".exa mple"),
            "no certificate can have such a name");
  EXPECT_EQ(why_no_host_name("b\xfc"
                             "cher.example"),
            "it is no name of a domain, in ASCII or in UTF-8");
}

}  // namespace
}  // namespace ngx_acme
