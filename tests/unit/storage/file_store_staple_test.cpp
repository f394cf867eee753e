// SPDX-License-Identifier: BSD-2-Clause
// Status responses in a state directory.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "acme_core/crypto/ocsp.h"
#include "acme_core/storage/file_store.h"
#include "tests/support/memory_file_system.h"

namespace acme {
namespace {

using Bytes = std::vector<std::uint8_t>;

TEST(FileStoreStaple, ComesBackAsItWasSavedBesideThePair) {
  MemoryFileSystem files;
  FileStore store(files);
  EXPECT_EQ(store.load_staple("www-1"), Bytes());
  store.save_staple("www-1", Bytes{1, 2, 3});
  EXPECT_EQ(store.load_staple("www-1"), (Bytes{1, 2, 3}));
  EXPECT_EQ(store.load_staple("www-2"), Bytes());
  EXPECT_TRUE(files.stamp("www-1.ocsp"));
}

TEST(FileStoreStaple, IsRemovedByAnEmptyOne) {
  MemoryFileSystem files;
  FileStore store(files);
  store.save_staple("www-1", {});
  store.save_staple("www-1", Bytes{1});
  store.save_staple("www-1", {});
  EXPECT_FALSE(files.stamp("www-1.ocsp"));
  EXPECT_EQ(store.load_staple("www-1"), Bytes());
}

TEST(FileStoreStaple, IsNoneWhenItIsTooLarge) {
  MemoryFileSystem files;
  FileStore store(files);
  files.write("www-1.ocsp", Bytes(kLargestOcspResponse + 1));
  EXPECT_EQ(store.load_staple("www-1"), Bytes());
}

}  // namespace
}  // namespace acme
