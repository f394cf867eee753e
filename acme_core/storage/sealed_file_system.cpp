// SPDX-License-Identifier: BSD-2-Clause
// A state directory whose secrets are encrypted on disk.
#include "acme_core/storage/sealed_file_system.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "acme_core/crypto/certificate.h"
#include "acme_core/error.h"
#include "acme_core/storage/state_file.h"
#include "acme_core/storage/state_names.h"

namespace acme {
namespace {

constexpr std::array<std::string_view, 3> kCopies{".next", ".prev", ".bad"};
constexpr std::array<std::string_view, 3> kFolders{"", "orders", "archive"};

// Under which a file is sealed.
std::string_view name_of(std::string_view path) noexcept {
  for (bool is_copy = true; is_copy;) {
    is_copy = false;
    for (const std::string_view ending : kCopies) {
      if (path.ends_with(ending)) {
        path.remove_suffix(ending.size());
        is_copy = true;
      }
    }
  }
  // Put aside, a file keeps its seal: the folder is read as a directory, too.
  if (path.starts_with(kArchiveFolder)) {
    path.remove_prefix(kArchiveFolder.size());
  }
  return path;
}

bool is_secret(std::string_view path) noexcept {
  const std::string_view name = name_of(path);
  return name.ends_with(".key") || name == "acme-dns.json";
}

// Base64 and the words in front of it.
std::size_t sealed_size(std::size_t size) noexcept {
  return size + size / 2 + kSealingOverhead;
}

}  // namespace

SealedFileSystem::SealedFileSystem(std::unique_ptr<FileSystem> files,
                                   SealingKeys keys)
    : files_(std::move(files)), keys_(std::move(keys)) {}

const std::string& SealedFileSystem::root() const noexcept {
  return files_->root();
}

ReadResult SealedFileSystem::read(std::string_view path,
                                  std::size_t limit) const {
  if (!is_secret(path)) {
    return files_->read(path, limit);
  }
  ReadResult file = files_->read(path, sealed_size(limit));
  if (file.status != ReadResult::Status::kOk || !is_sealed(file.data)) {
    return file;
  }
  UnsealResult opened = unseal(keys_, file.data, name_of(path));
  if (opened.value) {
    return {ReadResult::Status::kOk,
            std::move(opened.value->secret),
            {},
            std::move(opened.value->serial)};
  }
  if (opened.needs_key) {
    note_closed(path);
  }
  // A key that is missing says nothing of the file: as if the disk could not
  // read it.
  return {opened.needs_key ? ReadResult::Status::kFailed
                           : ReadResult::Status::kRefused,
          {},
          std::move(opened.fault),
          {}};
}

void SealedFileSystem::write(std::string_view path,
                             std::span<const std::uint8_t> data) {
  write_key(path, data, {});
}

void SealedFileSystem::write_key(std::string_view path,
                                 std::span<const std::uint8_t> data,
                                 const std::string& serial) {
  if (path == kCheckFile) {
    require_keys();
  }
  if (!is_secret(path)) {
    files_->write(path, data);
    return;
  }
  require_keys();
  const std::lock_guard lock(mutex_);
  put(path, data, serial);
}

void SealedFileSystem::put(std::string_view path,
                           std::span<const std::uint8_t> data,
                           const std::string& serial) {
  if (keys_.seals()) {
    files_->write(path, seal(keys_.keys.front(), data,
                             {std::string(name_of(path)), serial}));
  } else {
    files_->write(path, data);
  }
}

// Under another name a sealed file would not open.
void SealedFileSystem::rename(std::string_view from, std::string_view to) {
  if (!is_secret(from)) {
    files_->rename(from, to);
    return;
  }
  const std::lock_guard lock(mutex_);
  if (name_of(from) != name_of(to)) {
    const ReadResult raw = files_->read(from, sealed_size(kLargestFile));
    if (raw.status == ReadResult::Status::kOk && is_sealed(raw.data)) {
      const ReadResult file = read(from, kLargestFile);
      if (file.status == ReadResult::Status::kOk) {
        put(to, file.data, file.serial);
        files_->remove(from);
        return;
      }
    }
  }
  files_->rename(from, to);
}

void SealedFileSystem::remove(std::string_view path) {
  const std::lock_guard lock(mutex_);
  files_->remove(path);
}

std::vector<std::string> SealedFileSystem::list(std::string_view folder) const {
  return files_->list(folder);
}

std::optional<FileStamp> SealedFileSystem::stamp(std::string_view path) const {
  return files_->stamp(path);
}

std::unique_ptr<FileLock> SealedFileSystem::try_lock(std::string_view path) {
  return files_->try_lock(path);
}

void SealedFileSystem::remove_leftovers(std::string_view folder) {
  files_->remove_leftovers(folder);
}

std::unique_ptr<FolderWatch> SealedFileSystem::watch(
    const std::vector<std::string>& folders) const {
  return files_->watch(folders);
}

SealReport SealedFileSystem::renew_seals() {
  // Without keys there is nothing to do; one file tells whether there should
  // be.
  const std::size_t most = keys_.keys.empty() ? 1 : SIZE_MAX;
  SealReport report;
  std::size_t seen = 0;
  try {
    for (const std::string_view folder : kFolders) {
      for (const std::string& name : files_->list(folder)) {
        const std::string path =
            folder.empty() ? name : std::string(folder) + "/" + name;
        if (is_secret(path) && seen++ < most) {
          renew_seal(path, report);
        }
      }
    }
  } catch (const Error& error) {
    report.problem = error.what();
  }
  return report;
}

void SealedFileSystem::renew_seal(const std::string& path, SealReport& report) {
  const std::lock_guard lock(mutex_);
  const ReadResult raw = files_->read(path, sealed_size(kLargestFile));
  if (raw.status != ReadResult::Status::kOk) {
    return;  // who needs it says what is wrong with it
  }
  if (!is_sealed(raw.data)) {
    if (keys_.seals()) {
      put(path, raw.data, serial_beside(path));
      ++report.sealed;
    }
    return;
  }
  const UnsealResult opened = unseal(keys_, raw.data, name_of(path));
  if (opened.needs_key) {
    note_closed(path);
    report.problem = describe_file(*files_, path, opened.fault);
  }
  if (opened.value && !(keys_.seals() && opened.value->by_first)) {
    put(path, opened.value->secret, opened.value->serial);
    ++(keys_.seals() ? report.sealed : report.opened);
  }
}

// "" for the key of an account or an order, or when there is no telling.
std::string SealedFileSystem::serial_beside(const std::string& path) const {
  const std::size_t at = path.rfind(".key");
  if (path.starts_with("orders/") || at == std::string::npos) {
    return {};
  }
  const auto key = PrivateKey::from_pem(files_->read(path, kLargestFile).data);
  const auto chain =
      find_chain(*files_, path.substr(0, at) + ".crt" + path.substr(at + 4));
  return key && chain.value && chain.value->matches(*key)
             ? chain.value->serial()
             : std::string();
}

void SealedFileSystem::note_closed(std::string_view path) const {
  const std::lock_guard lock(closed_mutex_);
  if (closed_path_.empty()) {
    closed_path_ = path;
  }
}

void SealedFileSystem::require_keys() const {
  std::string path;
  {
    const std::lock_guard lock(closed_mutex_);
    path = std::exchange(closed_path_, {});
  }
  if (path.empty()) {
    return;
  }
  // It may have been removed, or put back in the open.
  const ReadResult file = read(path, kLargestFile);
  if (file.status == ReadResult::Status::kFailed) {
    note_closed(path);
    throw Error(ErrorKind::kTransient,
                describe_file(*files_, path, file.reason));
  }
}

std::unique_ptr<FileSystem> open_state_directory(const std::string& path,
                                                 const SealingKeys& keys) {
  return std::make_unique<SealedFileSystem>(
      std::make_unique<PosixFileSystem>(path), keys);
}

}  // namespace acme
