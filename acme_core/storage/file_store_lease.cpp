// SPDX-License-Identifier: BSD-2-Clause
// The state directory: who may change it, and how others hear of changes.
#include <string>
#include <utility>

#include "acme_core/env/folder_watch.h"
#include "acme_core/storage/file_store.h"

namespace acme {
namespace {

class FileLease final : public Lease {
 public:
  FileLease(FileSystem& files, std::string file, std::unique_ptr<FileLock> lock)
      : files_(files),
        file_(std::move(file)),
        lock_(std::move(lock)),
        stamp_(files.stamp(file_)) {}

  [[nodiscard]] State state() const override {
    return !lock_->is_held()               ? State::kTakenOver
           : files_.stamp(file_) != stamp_ ? State::kGone
                                           : State::kHeld;
  }
  [[nodiscard]] std::string remark() const override { return lock_->remark(); }

 private:
  FileSystem& files_;
  const std::string file_;
  const std::unique_ptr<FileLock> lock_;
  const std::optional<FileStamp> stamp_;
};

class FilesWatch final : public ChangeWatch {
 public:
  explicit FilesWatch(std::unique_ptr<FolderWatch> folders)
      : folders_(std::move(folders)) {}
  bool wait(std::chrono::milliseconds longest, std::stop_token stop) override {
    return folders_->wait(longest, std::move(stop));
  }

 private:
  const std::unique_ptr<FolderWatch> folders_;
};

}  // namespace

std::unique_ptr<Lease> FileStore::try_lease(std::string_view key) {
  std::unique_ptr<FileLock> lock = files_.try_lock(key);
  if (!lock) {
    return nullptr;
  }
  if (key == kStateLease) {
    // Keys may be in what a killed process did not finish.
    files_.remove_leftovers("");
    files_.remove_leftovers("orders");
  }
  return std::make_unique<FileLease>(files_, std::string(key), std::move(lock));
}

std::vector<StoreReport> FileStore::put_in_order() {
  const SealReport report = files_.renew_seals();
  std::vector<StoreReport> reports;
  const auto tell = [&](std::size_t count, const std::string& what) {
    if (count > 0) {
      reports.push_back(
          {LogLevel::kNotice, std::to_string(count) +
                                  " files with private keys in \"" + place() +
                                  "\" " + what});
    }
  };
  tell(report.sealed, "are sealed now");
  tell(report.opened, "are no longer sealed");
  if (!report.problem.empty()) {
    reports.push_back(
        {LogLevel::kError,
         report.problem +
             "; until then nothing is ordered, and what is served stays"});
  }
  return reports;
}

std::unique_ptr<ChangeWatch> FileStore::watch() {
  auto folders = files_.watch({"", "orders"});
  return folders ? std::make_unique<FilesWatch>(std::move(folders)) : nullptr;
}

}  // namespace acme
