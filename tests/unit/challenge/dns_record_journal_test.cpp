// SPDX-License-Identifier: BSD-2-Clause
// What is published is known after a crash, too.
#include "acme_core/challenge/dns_record_journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "acme_core/error.h"
#include "acme_core/storage/file_store.h"
#include "tests/support/failure_of.h"
#include "tests/support/faulty_file_system.h"

namespace acme {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const DnsRecord kFirstEntry{"example.com", "_acme-challenge.example.com.",
                            "one"};
const DnsRecord kSecondEntry{"example.com", "_acme-challenge.example.com.",
                             "two"};

class DnsRecordJournalTest : public testing::Test {
 protected:
  void note(const std::vector<DnsRecord>& records) {
    DnsRecordJournal(store_).note(records);
  }
  std::vector<DnsRecord> noted() { return DnsRecordJournal(store_).records(); }

  FaultyFileSystem files_;
  FileStore store_{files_};
};

TEST_F(DnsRecordJournalTest, OutlivesARestart) {
  note({kFirstEntry, kSecondEntry});
  note({kFirstEntry});
  EXPECT_THAT(noted(), ElementsAre(kFirstEntry, kSecondEntry));
  DnsRecordJournal(store_).forget(std::vector{kFirstEntry});
  EXPECT_THAT(noted(), ElementsAre(kSecondEntry));
}

TEST_F(DnsRecordJournalTest, LeavesNoFileWhenItIsEmpty) {
  note({kFirstEntry});
  EXPECT_TRUE(files_.stamp("dns-records.json"));
  DnsRecordJournal(store_).forget(std::vector{kFirstEntry});
  EXPECT_FALSE(files_.stamp("dns-records.json"));
}

TEST_F(DnsRecordJournalTest, LeavesOutWhatMakesNoSense) {
  const std::string text = R"({"records": [{"domain": "a", "fqdn": "b"}, 7,
      {"domain": "a", "fqdn": "b", "value": "c"}]})";
  files_.write(
      "dns-records.json",
      {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  EXPECT_THAT(noted(), IsEmpty());
}

TEST_F(DnsRecordJournalTest, RemembersAsBeforeWhenTheDiskFails) {
  DnsRecordJournal journal(store_);
  journal.note(std::vector{kFirstEntry});
  files_.fail_change(1);
  EXPECT_EQ(failure_of([&] {
              journal.note(std::vector{kSecondEntry});
              return 0;
            }).kind(),
            ErrorKind::kOurs);
  EXPECT_THAT(journal.records(), ElementsAre(kFirstEntry));
}

}  // namespace
}  // namespace acme
