// SPDX-License-Identifier: BSD-2-Clause
// A state directory as the engine sees it on a node of a fleet.
#include "acme_core/fleet/fleet_file_system.h"

#include <utility>

#include "acme_core/fleet/fleet_node.h"
#include "acme_core/storage/state_names.h"

namespace acme {

FleetFileSystem::FleetFileSystem(std::shared_ptr<FleetNode> node,
                                 std::shared_ptr<Replica> replica)
    : node_(std::move(node)), replica_(std::move(replica)) {}

FleetFileSystem::~FleetFileSystem() { node_->leave(*replica_); }

const std::string& FleetFileSystem::root() const noexcept {
  return replica_->directory().root();
}

ReadResult FleetFileSystem::read(std::string_view path,
                                 std::size_t limit) const {
  return replica_->directory().read(path, limit);
}

void FleetFileSystem::write(std::string_view path,
                            std::span<const std::uint8_t> data) {
  write_key(path, data, {});
}

void FleetFileSystem::write_key(std::string_view path,
                                std::span<const std::uint8_t> data,
                                const std::string& serial) {
  if (path == kCheckFile) {
    node_->require_writable(*replica_);
  }
  if (!is_shared(path)) {
    replica_->directory().write_key(path, data, serial);
    return;
  }
  const TreeRevision revision = replica_->write(path, data, serial);
  if (is_challenge_answer(path)) {
    node_->wait_until_answered(*replica_, revision);
  }
}

void FleetFileSystem::rename(std::string_view from, std::string_view to) {
  replica_->rename(from, to);
}

void FleetFileSystem::remove(std::string_view path) {
  if (is_shared(path)) {
    replica_->remove(path);
  } else {
    replica_->directory().remove(path);
  }
}

std::vector<std::string> FleetFileSystem::list(std::string_view folder) const {
  return replica_->directory().list(folder);
}

std::optional<FileStamp> FleetFileSystem::stamp(std::string_view path) const {
  return replica_->directory().stamp(path);
}

std::unique_ptr<FileLock> FleetFileSystem::try_lock(std::string_view path) {
  return path == "lock" ? node_->try_own(*replica_)
                        : replica_->directory().try_lock(path);
}

// What the owner finds are its own: whoever followed before writes no more.
void FleetFileSystem::remove_leftovers(std::string_view folder) {
  replica_->directory().remove_leftovers(folder);
}

std::unique_ptr<FolderWatch> FleetFileSystem::watch(
    const std::vector<std::string>& folders) const {
  return replica_->directory().watch(folders);
}

SealReport FleetFileSystem::renew_seals() {
  return replica_->directory().renew_seals();
}

}  // namespace acme
