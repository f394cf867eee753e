// SPDX-License-Identifier: BSD-2-Clause
// One issuer's state directory as a copy of its branch of a fleet's tree.
#include "acme_core/fleet/replica.h"

#include <algorithm>
#include <array>
#include <utility>

#include "acme_core/error.h"
#include "acme_core/fleet/tree_value.h"
#include "acme_core/storage/state_file.h"
#include "acme_core/storage/state_names.h"

namespace acme {
namespace {

constexpr std::array<std::string_view, 3> kSharedFolders{"", "orders",
                                                         "followers"};
constexpr std::string_view kChainEnding = ".crt";
constexpr std::string_view kKeyEnding = ".key";

}  // namespace

bool is_shared(std::string_view path) noexcept {
  return path != "lock" && path != kCheckFile && path != kFleetFile &&
         !path.ends_with(".bad") && !path.starts_with(kArchiveFolder);
}

bool is_challenge_answer(std::string_view path) noexcept {
  return path == "dns-records.json" ||
         (path.starts_with("orders/") && path.ends_with(".answers.json"));
}

Replica::Replica(SharedTree& tree, const SealingKeys& keys, std::string branch,
                 std::unique_ptr<FileSystem> directory, EventLog log)
    : tree_(tree),
      keys_(keys),
      branch_(std::move(branch)),
      directory_(std::move(directory)),
      log_(std::move(log)) {}

bool Replica::try_occupy() {
  const std::lock_guard guard(mutex_);
  if (!has_directory()) {
    occupied_.reset();
    occupied_ = directory_->try_lock("lock");
    occupied_stamp_ = directory_->stamp("lock");
    followed_ = 0;
  }
  return occupied_ != nullptr;
}

// With the mutex held. A directory that was removed or mounted over has
// another lock, and nothing of what was in it.
bool Replica::has_directory() const {
  return occupied_ && occupied_->is_held() &&
         directory_->stamp("lock") == occupied_stamp_;
}

bool Replica::is_occupied() const {
  const std::lock_guard guard(mutex_);
  return has_directory();
}

void Replica::follow(const std::vector<TreeEntry>& entries,
                     TreeRevision revision) {
  const std::lock_guard guard(mutex_);
  if (revision < followed_) {
    known_.clear();  // it counts from the beginning again
  }
  const auto is_newer_here = [&](std::string_view file) {
    const auto known = known_.find(file);
    return known != known_.end() && known->second.revision > revision;
  };
  std::set<std::string, std::less<>> there;
  std::vector<Accepted> files;
  for (const TreeEntry& entry : entries) {
    if (is_shared(entry.path) && !is_newer_here(entry.path)) {
      there.insert(entry.path);
      if (auto file = accept(entry.path, entry.value, entry.revision)) {
        files.push_back(std::move(*file));
      }
    }
  }
  put_in_place(files);
  for (const std::string_view folder : kSharedFolders) {
    for (const std::string& name : directory_->list(folder)) {
      const std::string file =
          folder.empty() ? name : std::string(folder) + "/" + name;
      if (is_shared(file) && !there.contains(file) && !is_newer_here(file)) {
        directory_->remove(file);
      }
    }
  }
  // What is gone is remembered: an earlier value of it may be brought back.
  for (auto& [file, known] : known_) {
    if (!there.contains(file) && !is_newer_here(file)) {
      known.is_there = false;
    }
  }
}

// A file that was renamed is there twice for a moment, and never missing.
void Replica::follow(const std::vector<TreeChange>& changes) {
  const std::lock_guard guard(mutex_);
  std::vector<Accepted> files;
  std::vector<const TreeChange*> removed;
  std::vector<std::string> spoilt;
  for (const TreeChange& change : changes) {
    const auto known = known_.find(change.path);
    const bool is_ours =
        known != known_.end() && change.revision <= known->second.revision;
    if (!is_shared(change.path) || is_ours) {
      continue;
    }
    if (!change.value && lock_) {
      spoilt.push_back(change.path);
    } else if (!change.value) {
      removed.push_back(&change);
    } else if (auto file =
                   accept(change.path, *change.value, change.revision)) {
      files.push_back(std::move(*file));
    } else if (lock_ && refused_.contains(change.path)) {
      spoilt.push_back(change.path);
    }
  }
  put_in_place(files);
  for (const TreeChange* change : removed) {
    drop(change->path, change->revision);
  }
  restore(spoilt);
}

// Greater than any that the file has had, also under former owners, whose
// writes had lower revisions.
std::uint64_t Replica::next_sequence(std::string_view file) const {
  const auto known = known_.find(file);
  return std::max(known == known_.end() ? 0 : known->second.sequence,
                  static_cast<std::uint64_t>(followed_)) +
         1;
}

Replica::Known Replica::publish(std::string_view file,
                                std::span<const std::uint8_t> data,
                                const std::string& serial) {
  const std::string path = path_of(file);
  const std::uint64_t sequence = next_sequence(file);
  return {sequence,
          put({{path, write_tree_value(keys_, path, sequence, data, serial)}},
              guards_for(file)),
          true};
}

// What the owner has not written it writes again.
void Replica::restore(const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    const ReadResult here = directory_->read(file, kLargestFile);
    if (here.status != ReadResult::Status::kOk) {
      continue;
    }
    try {
      known_[file] = publish(file, here.data, here.serial);
      refused_.erase(file);
    } catch (const Error& error) {
      log_.debug(error.what());
    }
  }
}

// nullopt: it stays as it is here.
std::optional<Replica::Accepted> Replica::accept(const std::string& file,
                                                 const std::string& value,
                                                 TreeRevision revision) {
  TreeValueResult found = read_tree_value(keys_, path_of(file), value);
  Known& known = known_[file];
  known.revision = revision;
  if (!found.value) {
    refuse(file, found.fault);
    return std::nullopt;
  }
  if (found.value->sequence < known.sequence) {
    refuse(file, "is an earlier one than the store had before");
    return std::nullopt;
  }
  refused_.erase(file);
  known.sequence = found.value->sequence;
  known.is_there = true;
  const ReadResult here = directory_->read(file, kLargestFile);
  if (here.status == ReadResult::Status::kOk &&
      here.data == found.value->data &&
      (here.serial.empty() || here.serial == found.value->serial)) {
    return std::nullopt;
  }
  return Accepted{file, std::move(found.value->data),
                  std::move(found.value->serial)};
}

void Replica::put_in_place(const std::vector<Accepted>& files) {
  std::map<std::string, const Accepted*> chains;
  for (const Accepted& file : files) {
    if (file.file.ends_with(kChainEnding)) {
      chains.emplace(file.file, &file);
    }
  }
  std::set<const Accepted*> done;
  for (const Accepted& file : files) {
    if (!file.file.ends_with(kKeyEnding)) {
      continue;
    }
    const std::string name =
        file.file.substr(0, file.file.size() - kKeyEnding.size());
    if (const auto chain = chains.find(name + std::string(kChainEnding));
        chain != chains.end()) {
      put_pair_in_place(*chain->second, file);
      done.insert(chain->second);
      done.insert(&file);
    }
  }
  for (const Accepted& file : files) {
    if (!done.contains(&file)) {
      directory_->write_key(file.file, file.data, file.serial);
    }
  }
}

// By the steps of storage/stored_pair.h: a reader finds the old pair or the new
// one.
void Replica::put_pair_in_place(const Accepted& chain, const Accepted& key) {
  const std::string next_key = key.file + ".next";
  const std::string next_chain = chain.file + ".next";
  directory_->write_key(next_key, key.data, key.serial);
  directory_->write(next_chain, chain.data);
  directory_->rename(next_key, key.file);
  directory_->rename(next_chain, chain.file);
}

void Replica::drop(const std::string& file, TreeRevision revision) {
  directory_->remove(file);
  Known& known = known_[file];
  known.revision = revision;
  known.is_there = false;
}

// What is there stays as it is and is served on.
void Replica::refuse(const std::string& file, const std::string& why) {
  if (refused_.insert(file).second) {
    log_.error("\"" + path_of(file) + "\" in " + tree_.place() + " " + why +
               "; it is not used, and its owner replaces it: look for who else "
               "can write to the storage");
  }
}

void Replica::note_followed(TreeRevision revision) {
  const std::lock_guard guard(mutex_);
  followed_ = revision;
}

TreeRevision Replica::followed() const {
  const std::lock_guard guard(mutex_);
  return followed_;
}

void Replica::own(TreeRevision lock) {
  const std::lock_guard guard(mutex_);
  lock_ = lock;
}

void Replica::disown() {
  const std::lock_guard guard(mutex_);
  lock_.reset();
}

void Replica::set_alone(bool alone) {
  const std::lock_guard guard(mutex_);
  is_alone_ = alone;
}

void Replica::forget() {
  const std::lock_guard guard(mutex_);
  known_.clear();
}

bool Replica::is_owned() const {
  const std::lock_guard guard(mutex_);
  return lock_.has_value();
}

std::optional<TreeRevision> Replica::lock_revision() const {
  const std::lock_guard guard(mutex_);
  return lock_;
}

// Who follows writes down what it serves, and nothing else.
std::vector<TreeGuard> Replica::guards_for(std::string_view path) const {
  if (lock_) {
    return {{lock_path(), *lock_}};
  }
  if (path.starts_with("followers/")) {
    return {};
  }
  throw Error(ErrorKind::kOurs,
              "another node of the fleet works for issuer branch \"" + branch_ +
                  "\" in " + tree_.place());
}

TreeRevision Replica::put(const std::vector<TreeWrite>& writes,
                          std::vector<TreeGuard> guards) {
  try {
    const bool is_guarded = !guards.empty();
    if (const auto revision = tree_.write(writes, guards)) {
      return *revision;
    }
    if (is_guarded) {
      lock_.reset();
    }
  } catch (const Error& error) {
    throw Error(ErrorKind::kOurs, error.what());
  }
  throw Error(ErrorKind::kOurs,
              "the lock on \"" + branch_ + "\" in " + tree_.place() +
                  " was lost: this node did not get to say that it is there");
}

void Replica::check() {
  const std::lock_guard guard(mutex_);
  static_cast<void>(
      put({{path_of(kCheckFile), std::string()}}, guards_for("")));
}

TreeRevision Replica::write(std::string_view path,
                            std::span<const std::uint8_t> data,
                            const std::string& serial) {
  const std::lock_guard guard(mutex_);
  if (is_alone_) {
    directory_->write_key(path, data, serial);
    return 0;
  }
  const Known known = publish(path, data, serial);
  directory_->write_key(path, data, serial);
  known_.insert_or_assign(std::string(path), known);
  return known.revision;
}

void Replica::rename(std::string_view from, std::string_view to) {
  const std::lock_guard guard(mutex_);
  if (is_alone_) {
    directory_->rename(from, to);
    return;
  }
  ReadResult file = directory_->read(from, kLargestFile);
  if (file.status == ReadResult::Status::kNotFound) {
    directory_->rename(from, to);  // which says so
    return;
  }
  std::vector<TreeWrite> writes;
  const std::uint64_t sequence = next_sequence(to);
  if (is_shared(from)) {
    writes.push_back({path_of(from), std::nullopt});
  }
  // What cannot be read is put aside: the tree does not get it.
  if (is_shared(to) && file.status == ReadResult::Status::kOk) {
    writes.push_back(
        {path_of(to), write_tree_value(keys_, path_of(to), sequence, file.data,
                                       file.serial)});
  }
  TreeRevision revision = 0;
  if (!writes.empty()) {
    revision = put(writes, guards_for(from));
  }
  directory_->rename(from, to);
  if (is_shared(from)) {
    Known& known = known_[std::string(from)];
    known.revision = revision;
    known.is_there = false;
  }
  if (is_shared(to)) {
    known_.insert_or_assign(std::string(to), Known{sequence, revision, true});
  }
}

void Replica::remove(std::string_view path) {
  const std::lock_guard guard(mutex_);
  const auto found = known_.find(path);
  if (!is_alone_ && found != known_.end() && found->second.is_there) {
    found->second.revision =
        put({{path_of(path), std::nullopt}}, guards_for(path));
    found->second.is_there = false;
  }
  directory_->remove(path);
}

bool Replica::bring(const std::vector<Brought>& files,
                    std::vector<TreeGuard> guards) {
  const std::lock_guard guard(mutex_);
  std::vector<TreeWrite> writes;
  for (const Brought& file : files) {
    const std::uint64_t sequence = next_sequence(file.path);
    known_[file.path].sequence = sequence;
    writes.push_back({path_of(file.path),
                      write_tree_value(keys_, path_of(file.path), sequence,
                                       file.data, file.serial)});
  }
  for (TreeGuard& one : guards) {
    one.path = path_of(one.path);
  }
  const auto revision = tree_.write(writes, guards);
  if (!revision) {
    return false;
  }
  for (const Brought& file : files) {
    Known& known = known_[file.path];
    known.revision = *revision;
    known.is_there = true;
  }
  return true;
}

}  // namespace acme
