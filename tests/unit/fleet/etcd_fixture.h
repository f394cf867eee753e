// SPDX-License-Identifier: BSD-2-Clause
// Real etcd for tests of the tree in it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "acme_core/error.h"
#include "acme_core/fleet/etcd_tree.h"
#include "tests/support/etcd_server.h"
#include "tests/support/failure_of.h"

namespace acme {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

inline constexpr const char* kNoEtcd = "etcd is not installed";
// Far less than what nobody would wait for, far more than a request takes.
inline constexpr auto kSoon = 50s;

inline EtcdServer& shared_etcd() {
  static EtcdServer server;
  return server;
}

inline std::string new_prefix() {
  static std::atomic<int> count = 0;
  return "/test-" + std::to_string(++count) + "/";
}

class EtcdTreeTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!EtcdServer::is_installed()) {
      GTEST_SKIP() << kNoEtcd;
    }
  }
};

inline SecretBytes secret(std::string_view text) {
  return {text.begin(), text.end()};
}

inline ErrorKind failure_kind(const std::function<void()>& act) {
  return failure_of(act).kind();
}

// All changes behind `after` until there are so many.
inline std::vector<TreeChange> etcd_changes(SharedTree& tree,
                                            TreeRevision after,
                                            std::size_t count) {
  std::vector<TreeChange> all;
  while (all.size() < count) {
    TreeChanges found = tree.wait_for_changes(after, 10s, {});
    EXPECT_FALSE(found.has_gap);
    if (found.has_gap || found.changes.empty()) {
      ADD_FAILURE() << "only " << all.size() << " changes";
      break;
    }
    after = found.revision;
    std::move(found.changes.begin(), found.changes.end(),
              std::back_inserter(all));
  }
  return all;
}

}  // namespace acme
