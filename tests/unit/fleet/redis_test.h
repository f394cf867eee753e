// SPDX-License-Identifier: BSD-2-Clause
// What tests with a real Redis have in common.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "acme_core/fleet/shared_tree.h"
#include "acme_core/secret.h"
#include "tests/support/redis_server.h"

namespace acme {

/// Skipped where there is none.
class RedisTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = RedisServer::missing(); !why.empty()) {
      GTEST_SKIP() << why;
    }
  }

  static SecretBytes secret(std::string_view text) {
    return {text.begin(), text.end()};
  }

  static std::string value_of(const TreeSnapshot& snapshot,
                              const std::string& path) {
    for (const TreeEntry& entry : snapshot.entries) {
      if (entry.path == path) {
        return entry.value;
      }
    }
    return "(none)";
  }
};

}  // namespace acme
