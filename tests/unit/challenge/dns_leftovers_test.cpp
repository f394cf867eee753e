// SPDX-License-Identifier: BSD-2-Clause
// Records that a crash leaves are removed at the next start, and hold up nobody
// else.
#include "acme_core/challenge/dns_leftovers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <thread>

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
const DnsRecord kOther{"example.org", "_acme-challenge.example.org.", "one"};

// Hangs until it is told to stop.
class HangingProvider final : public DnsProvider {
 public:
  void present(const DnsRecord&, std::stop_token) override {}
  void cleanup(const DnsRecord&, std::stop_token stop) override {
    std::unique_lock lock(mutex_);
    is_called_ = true;
    called_.notify_all();
    called_.wait(lock, stop, [] { return false; });
    throw Error(ErrorKind::kStopped, "stopping");
  }
  void wait_for_call() {
    std::unique_lock lock(mutex_);
    called_.wait(lock, [this] { return is_called_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any called_;
  bool is_called_ = false;
};

class DnsLeftoversTest : public testing::Test {
 protected:
  void note(const std::vector<DnsRecord>& records) {
    DnsRecordJournal(store_).note(records);
  }
  std::vector<DnsRecord> noted() { return DnsRecordJournal(store_).records(); }

  void remove_all() {
    DnsRecordJournal journal(store_);
    DnsLeftovers(journal, name_locks_, choose_, log_).remove({});
  }

  FaultyFileSystem files_;
  FileStore store_{files_};
  RecordingLogger logger_;
  EventLog log_{logger_, "ca"};
  FakeDnsProvider provider_;
  NameLocks name_locks_;
  DnsProviderChoice choose_ = [this](const DnsRecord&) { return &provider_; };
};

TEST_F(DnsLeftoversTest, AreRemoved) {
  provider_.present(kFirst, {});
  note({kFirst, kSecond});  // the second was not published yet
  remove_all();
  EXPECT_THAT(provider_.published(), IsEmpty());
  EXPECT_THAT(noted(), IsEmpty());
}

TEST_F(DnsLeftoversTest, AreTriedAgainAtTheNextStart) {
  provider_.present(kFirst, {});
  note({kFirst});
  provider_.set_keeps(true);
  remove_all();
  EXPECT_THAT(noted(), ElementsAre(kFirst));
  EXPECT_TRUE(logger_.contains("tried again at the next start"));
  provider_.set_keeps(false);
  remove_all();
  EXPECT_THAT(noted(), IsEmpty());
}

TEST_F(DnsLeftoversTest, AreNamedWhenNobodyIsConfiguredForThemAnyMore) {
  note({kFirst});
  choose_ = [](const DnsRecord&) { return nullptr; };
  remove_all();
  EXPECT_TRUE(logger_.contains("remove it by hand"));
  EXPECT_THAT(noted(), IsEmpty());
}

TEST_F(DnsLeftoversTest, AreNotKnownWhenTheDiskCannotBeRead) {
  note({kFirst});
  files_.fail_reads_of("dns-records.json");
  remove_all();
  EXPECT_TRUE(logger_.contains("cannot tell which DNS records are left over"));
}

TEST_F(DnsLeftoversTest, HoldUpNobodyButWhoWantsTheSameRecord) {
  note({kFirst, kOther});
  HangingProvider hanging;
  choose_ = [&](const DnsRecord& record) -> DnsProvider* {
    return record == kFirst ? static_cast<DnsProvider*>(&hanging) : &provider_;
  };
  DnsRecordJournal journal(store_);
  DnsLeftovers leftovers(journal, name_locks_, choose_, log_);
  EXPECT_EQ(leftovers.count(), 2U);

  std::jthread first([&](const std::stop_token& stop) {
    EXPECT_EQ(failure_of([&] {
                leftovers.remove(stop);
                return 0;
              }).kind(),
              ErrorKind::kStopped);
  });
  hanging.wait_for_call();
  leftovers.remove({});
  EXPECT_THAT(noted(), ElementsAre(kFirst));

  const auto other = name_locks_.lock({provider_.lock_name(kOther)}, {});
  const auto second = name_locks_.lock({provider_.lock_name(kSecond)}, {});
  std::stop_source no_patience;
  no_patience.request_stop();
  EXPECT_EQ(failure_of([&] {
              const auto same = name_locks_.lock({provider_.lock_name(kFirst)},
                                                 no_patience.get_token());
              return 0;
            }).kind(),
            ErrorKind::kStopped);
  first.request_stop();
  const auto same = name_locks_.lock({provider_.lock_name(kFirst)}, {});
}

}  // namespace
}  // namespace acme
