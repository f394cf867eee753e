// SPDX-License-Identifier: BSD-2-Clause
// What every FileSystem promises, checked for each of them.
#include "acme_core/env/file_system.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "acme_core/error.h"
#include "tests/support/faulty_file_system.h"
#include "tests/support/memory_file_system.h"
#include "tests/support/temporary_directory.h"

namespace acme {
namespace {

using Status = ReadResult::Status;

struct RealDisk {
  TemporaryDirectory directory;
  PosixFileSystem files{directory.path().string()};
};
struct Memory {
  MemoryFileSystem files;
};
struct Faulty {
  FaultyFileSystem files;
};

template <typename T>
class AnyFileSystem : public ::testing::Test {
 protected:
  void write(std::string_view path, std::string_view text) {
    files().write(path, {reinterpret_cast<const std::uint8_t*>(text.data()),
                         text.size()});
  }

  [[nodiscard]] std::string read(std::string_view path) {
    const ReadResult result = files().read(path, 1000);
    return result.status == Status::kOk
               ? std::string(result.data.begin(), result.data.end())
               : "not readable";
  }

  FileSystem& files() { return system_.files; }

 private:
  T system_;
};

using Systems = ::testing::Types<RealDisk, Memory, Faulty>;
TYPED_TEST_SUITE(AnyFileSystem, Systems);

TYPED_TEST(AnyFileSystem, ReadsWhatWasWritten) {
  this->write("a", "first");
  EXPECT_EQ(this->read("a"), "first");
  this->write("a", "2nd");
  EXPECT_EQ(this->read("a"), "2nd");
  this->write("empty", "");
  EXPECT_EQ(this->read("empty"), "");
}

TYPED_TEST(AnyFileSystem, MakesAFolderWhenAFileNeedsIt) {
  this->write("orders/a", "text");
  EXPECT_EQ(this->read("orders/a"), "text");
  EXPECT_EQ(this->read("a"), "not readable");
}

TYPED_TEST(AnyFileSystem, TellsAMissingFileFromAnEmptyOne) {
  EXPECT_EQ(this->files().read("a", 10).status, Status::kNotFound);
  EXPECT_EQ(this->files().read("folder/a", 10).status, Status::kNotFound);
}

TYPED_TEST(AnyFileSystem, RefusesFilesOverTheLimit) {
  this->write("a", "12345");
  EXPECT_EQ(this->files().read("a", 5).status, Status::kOk);
  const ReadResult result = this->files().read("a", 4);
  EXPECT_EQ(result.status, Status::kRefused);
  EXPECT_TRUE(result.data.empty());
  EXPECT_FALSE(result.reason.empty());
}

TYPED_TEST(AnyFileSystem, RenamesOverAnExistingFile) {
  this->write("old", "old");
  this->write("new", "new");
  this->files().rename("new", "old");
  EXPECT_EQ(this->read("old"), "new");
  EXPECT_EQ(this->files().read("new", 10).status, Status::kNotFound);
  EXPECT_THROW(this->files().rename("new", "old"), Error);
  EXPECT_EQ(this->read("old"), "new");
}

TYPED_TEST(AnyFileSystem, RemovesFilesAndForgivesMissingOnes) {
  this->write("a", "text");
  this->files().remove("a");
  EXPECT_EQ(this->files().read("a", 10).status, Status::kNotFound);
  EXPECT_NO_THROW(this->files().remove("a"));
  EXPECT_NO_THROW(this->files().remove("folder/a"));
}

TYPED_TEST(AnyFileSystem, StampsAFileAnewWhenItIsReplaced) {
  EXPECT_EQ(this->files().stamp("a"), std::nullopt);
  EXPECT_EQ(this->files().stamp("folder/a"), std::nullopt);
  EXPECT_EQ(this->files().stamp("../a"), std::nullopt);
  this->write("a", "text");
  const auto first = this->files().stamp("a");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->size, 4U);
  EXPECT_EQ(this->files().stamp("a"), first);
  this->write("folder/b", "text");
  EXPECT_TRUE(this->files().stamp("folder/b"));
  this->files().rename("folder/b", "a");
  EXPECT_NE(this->files().stamp("a"), first);
  EXPECT_EQ(this->files().stamp("folder/b"), std::nullopt);
}

TYPED_TEST(AnyFileSystem, ListsTheFilesOfOneFolderInOrder) {
  this->write("b", "");
  this->write("a", "");
  this->write("orders/c", "");
  EXPECT_EQ(this->files().list(""), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(this->files().list("orders"), std::vector<std::string>{"c"});
  EXPECT_TRUE(this->files().list("missing").empty());
}

}  // namespace
}  // namespace acme
