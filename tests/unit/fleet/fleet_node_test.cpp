// SPDX-License-Identifier: BSD-2-Clause
// Nodes of one fleet, each with a state directory of its own.
#include "acme_core/fleet/fleet_node.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "acme_core/error.h"
#include "acme_core/fleet/tree_value.h"
#include "acme_core/storage/file_store.h"
#include "acme_core/storage/sealed_file_system.h"
#include "tests/support/memory_tree.h"
#include "tests/support/recording_logger.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/test_ca.h"

namespace acme {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kSite = "www.example.org-1f2e3d";

// Conditions that other threads make true.
bool eventually(const std::function<bool()>& is_true) {
  for (int i = 0; i < 3'000; ++i) {
    if (is_true()) {
      return true;
    }
    std::this_thread::yield();
    static_cast<void>(SystemClock().sleep_for(5ms, {}));
  }
  return false;
}

SealingKeys one_key(std::uint8_t byte = 7) {
  SealingKeys keys;
  keys.keys.emplace_back(kSealingKeySize, byte);
  return keys;
}

// A machine of the fleet: what stays when its nginx ends is the directory.
class Machine {
 public:
  Machine(std::shared_ptr<TreeMemory> memory, std::string name)
      : memory_(std::move(memory)) {
    settings.node = std::move(name);
    settings.keys = one_key();
    settings.time_to_live = 3s;
    settings.longest_answer_wait = 300ms;
  }

  void start() {
    auto tree = std::make_unique<MemoryTree>(memory_);
    tree_ = tree.get();
    node_ =
        std::make_shared<FleetNode>(std::move(tree), settings, clock, logger);
    store_ = std::make_unique<FileStore>(node_->open(
        "le", open_state_directory(directory_.path().string(), {})));
  }
  void stop() {
    lease.reset();
    store_.reset();
    node_.reset();
  }

  [[nodiscard]] bool owns() {
    if (!lease) {
      lease = store_->try_lease(kStateLease);
    }
    return lease != nullptr;
  }
  [[nodiscard]] FileStore& store() const { return *store_; }
  [[nodiscard]] MemoryTree& tree() const { return *tree_; }
  [[nodiscard]] FileStore directory() const {
    return FileStore(open_state_directory(directory_.path().string(), {}));
  }
  [[nodiscard]] std::string serial() const {
    const auto found = directory().reader().load_certificate(kSite);
    return found.value ? found.value->chain.serial() : "";
  }

  FleetSettings settings;
  SystemClock clock;
  RecordingLogger logger;
  std::unique_ptr<Lease> lease;

 private:
  const TemporaryDirectory directory_;
  const std::shared_ptr<TreeMemory> memory_;
  MemoryTree* tree_ = nullptr;
  std::shared_ptr<FleetNode> node_;
  std::unique_ptr<FileStore> store_;
};

class Fleet : public testing::Test {
 protected:
  [[nodiscard]] StoredCertificate make_pair() {
    PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
    // Each begins later than the one before.
    const TimePoint begin = SystemClock().now() - 24h + ++made_ * 1s;
    auto chain = CertificateChain::from_pem(ca_.issue(
        identifiers_of({"www.example.org"}), key, begin, begin + 24h * 90));
    return {std::move(chain.value()), std::move(key)};
  }
  std::string save(Machine& machine) {
    const StoredCertificate pair = make_pair();
    machine.store().save_certificate(kSite, {}, pair);
    return pair.chain.serial();
  }

  const std::shared_ptr<TreeMemory> memory_ = std::make_shared<TreeMemory>();
  Machine a_{memory_, "a"};
  Machine b_{memory_, "b"};
  TestCa ca_;
  int made_ = 0;
};

// What a CA may ask for.
std::vector<OrderAnswer> one_answer() {
  return {{"http-01", identifiers_of({"www.example.org"}).front(), "token",
           "token.thumbprint"}};
}

TEST_F(Fleet, HasOneOwnerAtATime) {
  a_.start();
  ASSERT_TRUE(eventually([&] { return a_.owns(); }));
  b_.start();
  ASSERT_TRUE(eventually(
      [&] { return !b_.directory().load_holder().empty() || !b_.owns(); }));
  EXPECT_FALSE(b_.owns());
  EXPECT_EQ(a_.lease->state(), Lease::State::kHeld);
  a_.stop();
  EXPECT_TRUE(eventually([&] { return b_.owns(); }));
}

TEST_F(Fleet, ShowsEveryNodeWhatTheOwnerSaves) {
  a_.start();
  ASSERT_TRUE(eventually([&] { return a_.owns(); }));
  b_.start();
  const std::string serial = save(a_);
  EXPECT_TRUE(eventually([&] { return b_.serial() == serial; }));
  const std::string next = save(a_);
  EXPECT_TRUE(eventually([&] { return b_.serial() == next; }));
  a_.store().archive_certificate(kSite);
  EXPECT_TRUE(eventually([&] { return b_.serial().empty(); }));
}

TEST_F(Fleet, KeepsNothingReadableInTheStore) {
  a_.start();
  ASSERT_TRUE(eventually([&] { return a_.owns(); }));
  a_.store().save_account_key(PrivateKey::generate(KeyType::kEcdsa256));
  save(a_);
  const std::lock_guard guard(memory_->mutex);
  for (const auto& [path, entry] : memory_->entries) {
    EXPECT_THAT(entry.value, testing::Not(HasSubstr("BEGIN"))) << path;
  }
}

TEST_F(Fleet, AcceptsNoWriteOfAnOwnerWhoseLockLapsed) {
  a_.start();
  ASSERT_TRUE(eventually([&] { return a_.owns(); }));
  const std::string serial = save(a_);
  b_.start();
  ASSERT_TRUE(eventually([&] { return b_.serial() == serial; }));
  // As if "a" had been stopped for longer than its time to live.
  {
    const std::lock_guard guard(memory_->mutex);
    memory_->drop_session(*memory_->sessions.begin());
  }
  EXPECT_THROW(save(a_), Error);
  EXPECT_NE(a_.lease->state(), Lease::State::kHeld);
  ASSERT_TRUE(eventually([&] { return b_.owns(); }));
  EXPECT_EQ(b_.serial(), serial);
}

TEST_F(Fleet, ResumesTheOrderOfANodeThatEnded) {
  a_.start();
  ASSERT_TRUE(eventually([&] { return a_.owns(); }));
  b_.start();
  a_.store().save_order(
      kSite, {"https://ca.example/order/1", identifiers_of({"www.example.org"}),
              PrivateKey::generate(KeyType::kEcdsa256)});
  a_.stop();
  ASSERT_TRUE(eventually([&] { return b_.owns(); }));
  const auto order = b_.store().load_order(kSite);
  ASSERT_TRUE(order.value);
  EXPECT_EQ(order.value->order_url, "https://ca.example/order/1");
}

TEST_F(Fleet, TellsTheCaNothingBeforeOtherNodesAnswer) {
  a_.settings.longest_answer_wait = 60s;
  a_.start();
  ASSERT_TRUE(eventually([&] { return a_.owns(); }));
  b_.start();
  ASSERT_TRUE(eventually([&] {
    const std::lock_guard guard(memory_->mutex);
    return std::any_of(
        memory_->entries.begin(), memory_->entries.end(), [](const auto& one) {
          return one.first.starts_with("nodes/b/") &&
                 one.second.value.find("\"le\"") != std::string::npos;
        });
  }));
  // Who has the lock anew knows all that was there before.
  a_.lease.reset();
  ASSERT_TRUE(eventually([&] { return a_.owns(); }));
  a_.store().save_order_answers(kSite, one_answer());
  EXPECT_EQ(b_.directory().reader().load_order_answers(kSite).size(), 1u);
}

TEST_F(Fleet, WaitsForANodeThatDoesNotAnswerNoLongerThanSet) {
  a_.start();
  ASSERT_TRUE(eventually([&] { return a_.owns(); }));
  {
    const std::lock_guard guard(memory_->mutex);
    ++memory_->revision;
    memory_->change("nodes/c/1",
                    write_presence({.node = "c", .branches = {"le"}}), {});
  }
  a_.store().save_order_answers(kSite, one_answer());
  EXPECT_EQ(a_.store().load_order_answers(kSite).size(), 1u);
}

TEST_F(Fleet, ServesOnAndSavesNothingWhileTheStoreIsAway) {
  a_.start();
  ASSERT_TRUE(eventually([&] { return a_.owns(); }));
  const std::string serial = save(a_);
  a_.tree().set_away(true);
  EXPECT_THROW(save(a_), Error);
  EXPECT_THROW(a_.store().check(), Error);
  EXPECT_EQ(a_.serial(), serial);
  ASSERT_TRUE(
      eventually([&] { return a_.logger.count_from(LogLevel::kWarn) > 0; }));
  a_.tree().set_away(false);
  EXPECT_TRUE(eventually([&] {
    return a_.lease->state() == Lease::State::kHeld &&
           a_.logger.count_from(LogLevel::kNotice) >= 2;
  }));
  EXPECT_EQ(a_.logger.count_from(LogLevel::kWarn), 1u);
  EXPECT_NE(save(a_), serial);
}

TEST_F(Fleet, RefillsAStoreThatWasWiped) {
  a_.start();
  ASSERT_TRUE(eventually([&] { return a_.owns(); }));
  b_.start();
  a_.store().save_account_key(PrivateKey::generate(KeyType::kEcdsa256));
  a_.store().save_account_url("https://ca.example/acct/1");
  const std::string serial = save(a_);
  ASSERT_TRUE(eventually([&] { return b_.serial() == serial; }));
  memory_->wipe();
  EXPECT_TRUE(eventually([&] {
    EXPECT_EQ(a_.serial(), serial);
    EXPECT_EQ(b_.serial(), serial);
    const std::lock_guard guard(memory_->mutex);
    return memory_->entries.contains("le/account.url") &&
           memory_->entries.contains("le/" + kSite + ".key");
  }));
  EXPECT_EQ(a_.serial(), serial);
  EXPECT_EQ(b_.serial(), serial);
  EXPECT_EQ(b_.directory().reader().load_account_url(),
            "https://ca.example/acct/1");
}

TEST_F(Fleet, BringsBackABranchThatSomebodyRemoved) {
  a_.start();
  ASSERT_TRUE(eventually([&] { return a_.owns(); }));
  b_.start();
  a_.store().save_account_key(PrivateKey::generate(KeyType::kEcdsa256));
  const std::string serial = save(a_);
  ASSERT_TRUE(eventually([&] { return b_.serial() == serial; }));
  {
    const std::lock_guard guard(memory_->mutex);
    std::vector<std::string> paths;
    for (const auto& [path, entry] : memory_->entries) {
      if (path.starts_with("le/")) {
        paths.push_back(path);
      }
    }
    ++memory_->revision;
    for (const std::string& path : paths) {
      memory_->change(path, std::nullopt, {});
    }
  }
  EXPECT_TRUE(eventually([&] {
    EXPECT_EQ(a_.serial(), serial);
    EXPECT_EQ(b_.serial(), serial);
    const std::lock_guard guard(memory_->mutex);
    return memory_->entries.contains("le/account.key") &&
           memory_->entries.contains("le/" + kSite + ".key");
  }));
}

TEST_F(Fleet, TakesOverTheStateOfASingleMachine) {
  const StoredCertificate pair = make_pair();
  {
    FileStore alone = a_.directory();
    alone.save_account_key(PrivateKey::generate(KeyType::kEcdsa256));
    alone.save_account_url("https://ca.example/acct/1");
    alone.save_certificate(kSite, {}, pair);
  }
  a_.start();
  b_.start();
  EXPECT_TRUE(eventually([&] {
    return b_.serial() == pair.chain.serial() &&
           b_.directory().reader().load_account_url() ==
               "https://ca.example/acct/1";
  }));
}

TEST_F(Fleet, DoesNotBringBackWhatAnOldBackupHas) {
  a_.start();
  b_.start();
  ASSERT_TRUE(eventually([&] { return a_.owns(); }));
  const std::string old = save(a_);
  a_.store().save_certificate("gone.example-1", {}, make_pair());
  ASSERT_TRUE(eventually([&] {
    return b_.serial() == old &&
           b_.directory().reader().certificate_names().size() == 2;
  }));
  b_.stop();  // its directory is the backup
  a_.store().archive_certificate("gone.example-1");
  const std::string next = save(a_);
  b_.start();
  EXPECT_TRUE(eventually([&] {
    return b_.serial() == next &&
           b_.directory().reader().certificate_names().size() == 1;
  }));
  EXPECT_THAT(a_.directory().reader().certificate_names(), ElementsAre(kSite));
  EXPECT_EQ(a_.serial(), next);
}

TEST_F(Fleet, RefusesADirectoryOfAnotherFleet) {
  a_.start();
  ASSERT_TRUE(eventually([&] { return a_.owns(); }));
  const std::string serial = save(a_);
  a_.stop();
  memory_->wipe();
  b_.start();
  ASSERT_TRUE(eventually([&] { return b_.owns(); }));
  const std::string other = save(b_);
  a_.start();
  EXPECT_TRUE(
      eventually([&] { return a_.logger.count_from(LogLevel::kError) == 1; }));
  EXPECT_EQ(a_.serial(), serial);
  EXPECT_EQ(b_.serial(), other);
  EXPECT_FALSE(a_.owns());
}

TEST_F(Fleet, DoesNotUseWhatWasPutWhereAnotherWasAndWritesItAnew) {
  a_.start();
  b_.start();
  ASSERT_TRUE(eventually([&] { return a_.owns(); }));
  const std::string serial = save(a_);
  ASSERT_TRUE(eventually([&] { return b_.serial() == serial; }));
  const std::string chain = "le/" + kSite + ".crt";
  const std::string key = "le/" + kSite + ".key";
  {
    const std::lock_guard guard(memory_->mutex);
    const std::string other = memory_->entries["le/" + kSite + ".json"].value;
    ++memory_->revision;
    memory_->change(chain, other, {});
    ++memory_->revision;
    memory_->change(key, "garbage", {});
  }
  EXPECT_TRUE(
      eventually([&] { return b_.logger.count_from(LogLevel::kError) == 2; }));
  EXPECT_EQ(b_.serial(), serial);
  EXPECT_TRUE(eventually([&] {
    const std::lock_guard guard(memory_->mutex);
    return read_tree_value(one_key(), chain, memory_->entries[chain].value)
               .value &&
           read_tree_value(one_key(), key, memory_->entries[key].value).value;
  }));
}

TEST_F(Fleet, PutsBackOneFileThatSomebodyRemoved) {
  a_.start();
  b_.start();
  ASSERT_TRUE(eventually([&] { return a_.owns(); }));
  const std::string serial = save(a_);
  ASSERT_TRUE(eventually([&] { return b_.serial() == serial; }));
  const std::string chain = "le/" + kSite + ".crt";
  {
    const std::lock_guard guard(memory_->mutex);
    ++memory_->revision;
    memory_->change(chain, std::nullopt, {});
  }
  EXPECT_TRUE(eventually([&] {
    const std::lock_guard guard(memory_->mutex);
    return memory_->entries.contains(chain);
  }));
  EXPECT_TRUE(eventually([&] { return b_.serial() == serial; }));
  EXPECT_EQ(a_.serial(), serial);
}

TEST_F(Fleet, DoesNothingWithAnotherKey) {
  a_.start();
  ASSERT_TRUE(eventually([&] { return a_.owns(); }));
  b_.settings.keys = one_key(8);
  b_.start();
  ASSERT_TRUE(
      eventually([&] { return b_.logger.count_from(LogLevel::kError) == 1; }));
  EXPECT_FALSE(b_.owns());
}

TEST_F(Fleet, GoesOnAloneWhenCertificatesAreAboutToExpire) {
  a_.settings.emergency.part = 1;  // they always are
  b_.settings.emergency.part = 1;
  a_.start();
  ASSERT_TRUE(eventually([&] { return a_.owns(); }));
  b_.start();
  const std::string serial = save(a_);
  ASSERT_TRUE(eventually([&] { return b_.serial() == serial; }));
  // The lock goes with the session; "a" comes before "b".
  a_.tree().set_away(true);
  b_.tree().set_away(true);
  ASSERT_TRUE(
      eventually([&] { return a_.lease->state() != Lease::State::kHeld; }));
  a_.lease.reset();
  ASSERT_TRUE(eventually([&] { return a_.owns(); }));
  EXPECT_FALSE(b_.owns());
  const std::string alone = save(a_);
  EXPECT_EQ(a_.serial(), alone);
  EXPECT_EQ(b_.serial(), serial);
  a_.tree().set_away(false);
  b_.tree().set_away(false);
  EXPECT_TRUE(eventually([&] { return b_.serial() == alone; }));
  EXPECT_TRUE(
      eventually([&] { return a_.lease->state() != Lease::State::kHeld; }));
}

}  // namespace
}  // namespace acme
