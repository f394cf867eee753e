// SPDX-License-Identifier: BSD-2-Clause
// The folder events/ of a state directory.
#include "acme_core/events/event_folder.h"

#include <cstdint>
#include <span>
#include <utility>

namespace acme {
namespace {

constexpr std::string_view kFolder = "events";
// Beside the state's own lock, where those of file systems without flock() are.
constexpr std::string_view kLock = "events.lock";

std::string path_of(const std::string& name) {
  return std::string(kFolder) + "/" + name;
}

}  // namespace

EventFolder::EventFolder(std::unique_ptr<FileSystem> files)
    : files_(std::move(files)) {}

const std::string& EventFolder::root() const noexcept { return files_->root(); }

void EventFolder::put(const std::string& name, std::string_view text) {
  files_->write(
      path_of(name),
      {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

ReadResult EventFolder::get(const std::string& name) const {
  return files_->read(path_of(name), kLargestFile);
}

void EventFolder::remove(const std::string& name) {
  files_->remove(path_of(name));
}

std::vector<std::string> EventFolder::names() const {
  return files_->list(kFolder);
}

EventFolderHold EventFolder::try_hold() {
  const std::lock_guard lock(mutex_);
  if (!lock_) {
    lock_ = files_->try_lock(kLock);
  }
  if (!lock_) {
    return nullptr;
  }
  ++holders_;
  return EventFolderHold(this);
}

void EventFolder::tidy() { files_->remove_leftovers(kFolder); }

void ReleaseEventFolder::operator()(EventFolder* folder) const noexcept {
  const std::lock_guard lock(folder->mutex_);
  if (--folder->holders_ == 0) {
    folder->lock_.reset();
  }
}

}  // namespace acme
