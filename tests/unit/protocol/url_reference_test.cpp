// SPDX-License-Identifier: BSD-2-Clause
// Relative references, by the examples of RFC 3986 section 5.4.
#include "acme_core/protocol/url_reference.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace acme {
namespace {

constexpr const char* kBase = "https://a/b/c/d;p?q";

TEST(ResolveReference, FollowsTheExamplesOfTheRfc) {
  const std::map<std::string, std::string> examples{
      {"g", "https://a/b/c/g"},
      {"./g", "https://a/b/c/g"},
      {"g/", "https://a/b/c/g/"},
      {"/g", "https://a/g"},
      {"//g", "https://g"},
      {"?y", "https://a/b/c/d;p?y"},
      {"g?y", "https://a/b/c/g?y"},
      {"g#s", "https://a/b/c/g"},
      {";x", "https://a/b/c/;x"},
      {"g;x=1/./y", "https://a/b/c/g;x=1/y"},
      {".", "https://a/b/c/"},
      {"./", "https://a/b/c/"},
      {"..", "https://a/b/"},
      {"../g", "https://a/b/g"},
      {"../..", "https://a/"},
      {"../../g", "https://a/g"},
      {"../../../g", "https://a/g"},
      {"/./g", "https://a/g"},
      {"/../g", "https://a/g"},
      {"g.", "https://a/b/c/g."},
      {"..g", "https://a/b/c/..g"},
      {"./../g", "https://a/b/g"},
      {"g/./h", "https://a/b/c/g/h"},
      {"g/../h", "https://a/b/c/h"},
      {"g?y/../x", "https://a/b/c/g?y/../x"}};
  for (const auto& [reference, url] : examples) {
    EXPECT_EQ(resolve_reference(reference, kBase), url) << reference;
  }
}

TEST(ResolveReference, LeavesAWholeUrlAsItIs) {
  EXPECT_EQ(resolve_reference("https://ca/x/../y", kBase), "https://ca/x/../y");
}

TEST(ResolveReference, WorksFromAUrlWithoutAPath) {
  EXPECT_EQ(resolve_reference("x", "https://ca:14000"), "https://ca:14000/x");
  EXPECT_EQ(resolve_reference("/x", "https://ca:14000?q"),
            "https://ca:14000/x");
}

TEST(ResolveReference, RefusesWhatIsNoHttpsUrl) {
  for (const std::string reference :
       {"", "http://a/b", "file:///etc/passwd", "mailto:a@b",
        "https:", "https:/a", "https://", "//", "a b", "a\r\nX: y", "#only"}) {
    EXPECT_EQ(resolve_reference(reference, kBase), std::nullopt) << reference;
  }
  EXPECT_EQ(resolve_reference("/x", "http://a/"), std::nullopt);
}

}  // namespace
}  // namespace acme
