// SPDX-License-Identifier: BSD-2-Clause
#include "acme_core/fleet/replica.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "acme_core/error.h"
#include "acme_core/fleet/tree_value.h"
#include "acme_core/storage/state_file.h"
#include "tests/support/memory_tree.h"
#include "tests/support/recording_logger.h"
#include "tests/support/temporary_directory.h"

namespace acme {
namespace {

using testing::IsEmpty;

class ReplicaTest : public testing::Test {
 protected:
  [[nodiscard]] std::string text_of_file(const std::string& file) const {
    const ReadResult found = replica_->directory().read(file, kLargestFile);
    return found.status == ReadResult::Status::kOk
               ? std::string(to_text(found.data))
               : std::string("none");
  }
  // As the node hands it over.
  [[nodiscard]] std::vector<TreeEntry> branch() {
    std::vector<TreeEntry> entries = tree_.read_all({}).entries;
    for (TreeEntry& entry : entries) {
      entry.path = entry.path.substr(3);
    }
    return entries;
  }
  [[nodiscard]] TreeChange change_of(const std::string& file,
                                     std::uint64_t sequence,
                                     TreeRevision revision) const {
    return {file,
            write_tree_value(keys_, "le/" + file, sequence,
                             to_bytes(std::to_string(sequence))),
            revision};
  }
  void own() {
    const auto lock = tree_.write({{"le/lock", "a"}}, {});
    ASSERT_TRUE(replica_->try_occupy());
    replica_->own(*lock);
    replica_->note_followed(*lock);
  }

  const SealingKeys keys_;
  const TemporaryDirectory directory_;
  const std::shared_ptr<TreeMemory> memory_ = std::make_shared<TreeMemory>();
  MemoryTree tree_{memory_};
  RecordingLogger logger_;
  const std::shared_ptr<Replica> replica_ = std::make_shared<Replica>(
      tree_, keys_, "le",
      std::make_unique<PosixFileSystem>(directory_.path().string()),
      EventLog(logger_, "le"));
};

TEST_F(ReplicaTest, KeepsWhatTheOwnerHasWrittenSinceTheSnapshot) {
  own();
  replica_->write("budget.json", to_bytes("1"), {});
  replica_->write("old.json", to_bytes("1"), {});
  const std::vector<TreeEntry> snapshot = branch();
  const TreeRevision revision = tree_.read_all({}).revision;
  replica_->write("budget.json", to_bytes("2"), {});
  replica_->write("new.json", to_bytes("2"), {});
  replica_->remove("old.json");

  replica_->follow(snapshot, revision);

  EXPECT_EQ(text_of_file("budget.json"), "2");
  EXPECT_EQ(text_of_file("new.json"), "2");
  EXPECT_EQ(text_of_file("old.json"), "none");
}

TEST_F(ReplicaTest, RemovesWhatTheTreeDoesNotHave) {
  own();
  replica_->directory().write("stale.json", to_bytes("1"));
  replica_->follow(branch(), tree_.read_all({}).revision);
  EXPECT_EQ(text_of_file("stale.json"), "none");
}

TEST_F(ReplicaTest, TakesNoEarlierValueAlsoOfWhatWasRemoved) {
  ASSERT_TRUE(replica_->try_occupy());
  replica_->follow(std::vector{change_of("a.json", 1, 1)});
  replica_->follow(std::vector{change_of("a.json", 2, 2)});
  replica_->follow(std::vector{TreeChange{"a.json", std::nullopt, 3}});
  replica_->follow(std::vector{change_of("a.json", 1, 4)});
  EXPECT_EQ(text_of_file("a.json"), "none");
  EXPECT_EQ(logger_.count_from(LogLevel::kError), 1u);
  replica_->follow(std::vector{change_of("a.json", 5, 5)});
  EXPECT_EQ(text_of_file("a.json"), "5");
}

TEST_F(ReplicaTest, CountsOnFromFormerOwners) {
  ASSERT_TRUE(replica_->try_occupy());
  replica_->follow(std::vector{change_of("a.json", 7, 9)});
  replica_->follow(std::vector{TreeChange{"a.json", std::nullopt, 10}});
  replica_->forget();
  {
    const std::lock_guard guard(memory_->mutex);
    memory_->revision = 10;
  }
  own();
  replica_->write("a.json", to_bytes("new"), {});
  const auto entries = branch();
  const auto value = read_tree_value(keys_, "le/a.json", entries.front().value);
  ASSERT_TRUE(value.value);
  EXPECT_GT(value.value->sequence, 7u);
}

TEST_F(ReplicaTest, WritesNothingWithoutTheLock) {
  ASSERT_TRUE(replica_->try_occupy());
  EXPECT_THROW(replica_->write("a.json", to_bytes("1"), {}), Error);
  EXPECT_THAT(branch(), IsEmpty());
  own();
  ASSERT_TRUE(tree_.write({{"le/lock", "b"}}, {}));
  EXPECT_THROW(replica_->write("a.json", to_bytes("1"), {}), Error);
  EXPECT_EQ(text_of_file("a.json"), "none");
  EXPECT_FALSE(replica_->is_owned());
}

}  // namespace
}  // namespace acme
