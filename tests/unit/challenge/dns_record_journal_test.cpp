// SPDX-License-Identifier: BSD-2-Clause
// Records that a crash leaves are removed at the next start.
#include "acme_core/challenge/dns_record_journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "acme_core/error.h"
#include "acme_core/storage/file_store.h"
#include "tests/support/failure_of.h"
#include "tests/support/fake_dns.h"
#include "tests/support/faulty_file_system.h"
#include "tests/support/recording_logger.h"

namespace acme {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const DnsRecord kFirst{"example.com", "_acme-challenge.example.com.", "one"};
const DnsRecord kSecond{"example.com", "_acme-challenge.example.com.", "two"};

class DnsRecordJournalTest : public testing::Test {
 protected:
  void note(const std::vector<DnsRecord>& records) {
    DnsRecordJournal(store_).note(records);
  }
  std::vector<DnsRecord> noted() { return DnsRecordJournal(store_).records(); }

  void remove_leftovers() {
    DnsRecordJournal journal(store_);
    remove_leftover_records(
        journal, [this](const DnsRecord&) { return chosen_; }, log_, {});
  }

  FaultyFileSystem files_;
  FileStore store_{files_};
  RecordingLogger logger_;
  EventLog log_{logger_, "ca"};
  FakeDnsProvider provider_;
  DnsProvider* chosen_ = &provider_;
};

TEST_F(DnsRecordJournalTest, OutlivesARestart) {
  note({kFirst, kSecond});
  note({kFirst});
  EXPECT_THAT(noted(), ElementsAre(kFirst, kSecond));
  DnsRecordJournal(store_).forget(std::vector{kFirst});
  EXPECT_THAT(noted(), ElementsAre(kSecond));
}

TEST_F(DnsRecordJournalTest, LeavesNoFileWhenItIsEmpty) {
  note({kFirst});
  EXPECT_TRUE(files_.stamp("dns-records.json"));
  DnsRecordJournal(store_).forget(std::vector{kFirst});
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
  journal.note(std::vector{kFirst});
  files_.fail_change(1);
  EXPECT_EQ(failure_of([&] {
              journal.note(std::vector{kSecond});
              return 0;
            }).kind(),
            ErrorKind::kTransient);
  EXPECT_THAT(journal.records(), ElementsAre(kFirst));
}

TEST_F(DnsRecordJournalTest, RemovesWhatACrashHasLeft) {
  provider_.present(kFirst, {});
  note({kFirst, kSecond});  // the second was not published yet
  remove_leftovers();
  EXPECT_THAT(provider_.published(), IsEmpty());
  EXPECT_THAT(noted(), IsEmpty());
}

TEST_F(DnsRecordJournalTest, TriesAgainAtTheNextStart) {
  provider_.present(kFirst, {});
  note({kFirst});
  provider_.set_keeps(true);
  remove_leftovers();
  EXPECT_THAT(noted(), ElementsAre(kFirst));
  EXPECT_TRUE(logger_.contains("tried again at the next start"));
  provider_.set_keeps(false);
  remove_leftovers();
  EXPECT_THAT(noted(), IsEmpty());
}

TEST_F(DnsRecordJournalTest, NamesWhatNobodyIsConfiguredForAnyMore) {
  note({kFirst});
  chosen_ = nullptr;
  remove_leftovers();
  EXPECT_TRUE(logger_.contains("remove it by hand"));
  EXPECT_THAT(noted(), IsEmpty());
}

TEST_F(DnsRecordJournalTest, SaysThatTheDiskCannotBeRead) {
  note({kFirst});
  files_.fail_reads_of("dns-records.json");
  remove_leftovers();
  EXPECT_TRUE(logger_.contains("cannot tell which DNS records are left over"));
}

}  // namespace
}  // namespace acme
