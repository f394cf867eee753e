// SPDX-License-Identifier: BSD-2-Clause
// Waiting until somebody changes a folder.
#include "acme_core/env/folder_watch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/support/temporary_directory.h"

namespace acme {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

class FolderWatchTest : public testing::Test {
 protected:
  // What a FileSystem does.
  void put(const std::string& name) {
    const auto path = folder_.path() / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path.string() + ".tmp") << "text";
    std::filesystem::rename(path.string() + ".tmp", path);
  }

  TemporaryDirectory folder_;
  std::unique_ptr<FolderWatch> watch_ = watch_folders(
      {folder_.path().string(), (folder_.path() / "orders").string()});
};

TEST_F(FolderWatchTest, EndsWithTheFirstChange) {
  ASSERT_TRUE(watch_);
  static_cast<void>(watch_->wait(milliseconds(0), {}));
  put("one");
  EXPECT_TRUE(watch_->wait(hours(1), {}));
  std::filesystem::remove(folder_.path() / "one");
  EXPECT_TRUE(watch_->wait(hours(1), {}));
}

TEST_F(FolderWatchTest, SeesAFolderThatWasNotThere) {
  ASSERT_TRUE(watch_);
  static_cast<void>(watch_->wait(milliseconds(0), {}));
  put("orders/one");
  EXPECT_TRUE(watch_->wait(hours(1), {}));
  static_cast<void>(watch_->wait(milliseconds(0), {}));
  put("orders/two");
  EXPECT_TRUE(watch_->wait(hours(1), {}));
}

TEST_F(FolderWatchTest, EndsWithAStop) {
  ASSERT_TRUE(watch_);
  std::stop_source source;
  const std::jthread stopper([&] { source.request_stop(); });
  EXPECT_FALSE(watch_->wait(hours(1), source.get_token()));
}

}  // namespace
}  // namespace acme
