// SPDX-License-Identifier: BSD-2-Clause
// What a node has that its fleet lacks.
#include "acme_core/fleet/bring_along.h"

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "acme_core/fleet/tree_value.h"
#include "acme_core/storage/file_store.h"
#include "acme_core/storage/state_file.h"

namespace acme {
namespace {

constexpr std::string_view kCrtEnding = ".crt";
constexpr std::string_view kNextEnding = ".next";

class Luggage {
 public:
  Luggage(Replica& replica, const std::vector<TreeEntry>& entries,
          const SealingKeys& keys, TreeIs tree, TimePoint now)
      : replica_(replica), keys_(keys), tree_(tree), now_(now) {
    for (const TreeEntry& entry : entries) {
      entries_.emplace(entry.path, &entry);
    }
  }

  std::size_t bring() {
    FileStore store(replica_.directory(), FileStore::Access::kReadOnly);
    for (const std::string& name : names_of_pairs()) {
      bring_pair(store, name);
    }
    if (tree_ == TreeIs::kAnother) {
      bring_group({"account.key", "account.url", "account.json"});
      for (const char* file :
           {"budget.json", "acme-dns.json", "dns-records.json"}) {
        bring_group({file});
      }
      bring_other_accounts();
      bring_orders();
    }
    return brought_;
  }

 private:
  // Also of those that were about to be put in place.
  [[nodiscard]] std::set<std::string> names_of_pairs() const {
    std::set<std::string> names;
    for (std::string file : replica_.directory().list("")) {
      if (file.ends_with(kNextEnding)) {
        file.resize(file.size() - kNextEnding.size());
      }
      if (file.ends_with(kCrtEnding)) {
        names.insert(file.substr(0, file.size() - kCrtEnding.size()));
      }
    }
    return names;
  }

  // Of the tree; nullopt: none, or none of ours.
  std::optional<CertificateChain> chain_in_tree(const std::string& file) const {
    const auto entry = entries_.find(file);
    if (entry == entries_.end()) {
      return std::nullopt;
    }
    const TreeValueResult found = read_tree_value(
        keys_, replica_.branch() + "/" + file, entry->second->value);
    return found.value ? CertificateChain::from_pem(to_text(found.value->data))
                       : std::nullopt;
  }

  void bring_pair(FileStore& store, const std::string& name) {
    const std::string chain_file = name + ".crt";
    const bool is_known = entries_.contains(chain_file);
    if (!is_known && tree_ == TreeIs::kOurs) {
      return;  // it was removed while this node was away
    }
    const Loaded<StoredCertificate> here = store.load_certificate(name);
    if (!here.value || here.value->chain.not_after() <= now_) {
      return;
    }
    if (is_known) {
      const auto there = chain_in_tree(chain_file);
      if (!there || there->not_before() >= here.value->chain.not_before()) {
        return;
      }
    }
    const std::string chain = here.value->chain.to_pem();
    const SecretBytes key = here.value->key.to_pem();
    std::vector<Replica::Brought> files;
    files.push_back({chain_file, SecretBytes(chain.begin(), chain.end()), {}});
    files.push_back({name + ".key", key, here.value->chain.serial()});
    add_if_here(name + ".json", files);
    bring_files(std::move(files), {name + ".crt.next", name + ".key.next"});
  }

  // Files that mean something together only: the first one decides.
  void bring_group(const std::vector<std::string>& group) {
    if (entries_.contains(group.front())) {
      return;
    }
    std::vector<Replica::Brought> files;
    for (const std::string& file : group) {
      add_if_here(file, files);
    }
    if (!files.empty() && files.front().path == group.front()) {
      bring_files(std::move(files), {});
    }
  }

  void bring_other_accounts() {
    for (const std::string& file : replica_.directory().list("")) {
      if (file.starts_with("account-") && file.ends_with(".key")) {
        const std::string stem = file.substr(0, file.size() - 4);
        bring_group({file, stem + ".url", stem + ".json"});
      }
    }
  }

  void bring_orders() {
    for (const std::string& file : replica_.directory().list("orders")) {
      if (file.ends_with(".json") && !file.ends_with(".answers.json")) {
        const std::string stem =
            "orders/" +
            file.substr(0, file.size() - std::string_view(".json").size());
        bring_group({stem + ".json", stem + ".key", stem + ".answers.json"});
      }
    }
  }

  void add_if_here(const std::string& file,
                   std::vector<Replica::Brought>& files) const {
    ReadResult found = replica_.directory().read(file, kLargestFile);
    if (found.status == ReadResult::Status::kOk) {
      files.push_back({file, std::move(found.data), std::move(found.serial)});
    }
  }

  // Nobody may have changed any of it meanwhile.
  void bring_files(std::vector<Replica::Brought> files,
                   const std::vector<std::string>& also_unchanged) {
    std::vector<TreeGuard> guards;
    for (const Replica::Brought& file : files) {
      guards.push_back({file.path, revision_of_entry(file.path)});
    }
    for (const std::string& file : also_unchanged) {
      guards.push_back({file, revision_of_entry(file)});
    }
    static_cast<void>(replica_.bring(files, std::move(guards)));
    brought_ += files.size();
  }

  [[nodiscard]] TreeRevision revision_of_entry(const std::string& file) const {
    const auto entry = entries_.find(file);
    return entry == entries_.end() ? 0 : entry->second->revision;
  }

  Replica& replica_;
  const SealingKeys& keys_;
  const TreeIs tree_;
  const TimePoint now_;
  std::map<std::string, const TreeEntry*> entries_;  ///< by path
  std::size_t brought_ = 0;
};

}  // namespace

std::size_t bring_along(Replica& replica, const std::vector<TreeEntry>& entries,
                        const SealingKeys& keys, TreeIs tree, TimePoint now) {
  return Luggage(replica, entries, keys, tree, now).bring();
}

}  // namespace acme
