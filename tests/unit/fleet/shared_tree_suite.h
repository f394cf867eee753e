// SPDX-License-Identifier: BSD-2-Clause
// How any_shared_tree_test.cpp is run on one kind of store: a file beside it
// has the kinds of that store, and the suite's last lines run them.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "acme_core/fleet/shared_tree.h"

namespace acme {

/// One tree, empty at first: each that is opened there is another node's.
class TreePlace {
 public:
  virtual ~TreePlace() = default;
  [[nodiscard]] virtual std::unique_ptr<SharedTree> open() = 0;
};

struct KindOfTree {
  std::string name;
  std::function<std::unique_ptr<TreePlace>()> make_place;
  /// Empty: it can be tried here. Else why not.
  std::string missing = {};
};

class AnySharedTree : public testing::TestWithParam<KindOfTree> {
 protected:
  void SetUp() override {
    if (!GetParam().missing.empty()) {
      GTEST_SKIP() << GetParam().missing;
    }
    place_ = GetParam().make_place();
    tree_ = place_->open();
    other_ = place_->open();
  }

  std::unique_ptr<TreePlace> place_;
  std::unique_ptr<SharedTree> tree_;
  std::unique_ptr<SharedTree> other_;
};

/// In etcd_tree_test.cpp: real etcd.
[[nodiscard]] std::vector<KindOfTree> kinds_of_etcd();

}  // namespace acme
