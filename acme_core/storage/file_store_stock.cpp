// SPDX-License-Identifier: BSD-2-Clause
// The state directory as a stock: which certificates there are, whoever they
// were made for.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "acme_core/storage/certificate_document.h"
#include "acme_core/storage/file_store.h"
#include "acme_core/storage/state_documents.h"
#include "acme_core/storage/state_file.h"
#include "acme_core/storage/state_names.h"
#include "acme_core/storage/stored_pair.h"

namespace acme {
namespace {

constexpr std::string_view kChain = ".crt";
constexpr std::string_view kFollowers = "followers";

void move_if_there(FileSystem& files, const std::string& from,
                   const std::string& to) {
  if (files.stamp(from)) {
    files.rename(from, to);
  }
}

}  // namespace

std::vector<std::string> FileStore::certificate_names() const {
  std::vector<std::string> names;
  for (const std::string& file : files_.list("")) {
    if (file.size() > kChain.size() && file.ends_with(kChain) &&
        file.front() != '.') {
      names.push_back(file.substr(0, file.size() - kChain.size()));
    }
  }
  return names;
}

std::optional<CertificateDocument> FileStore::describe_certificate(
    const std::string& name) {
  const auto held = lock(name);
  CertificateDocument document;
  const ReadResult file = files_.read(name + ".json", kLargestFile);
  if (file.status == ReadResult::Status::kOk) {
    document = read_certificate_document(to_text(file.data));
  }
  if (document.facts.serial.empty()) {
    // Another program's pair. The kind of its key is not known without it.
    const auto chain = find_chain(files_, name + std::string(kChain));
    if (!chain.value) {
      return std::nullopt;
    }
    document.facts = facts_of(*chain.value, KeyType::kEcdsa256);
    document.facts.key.clear();
  }
  return document;
}

void FileStore::rename_certificate(const std::string& from,
                                   const std::string& to) {
  Loaded<StoredCertificate> stored = load_certificate(from);
  if (stored.value && !find_chain(files_, to + std::string(kChain)).exists()) {
    save_certificate(to, load_record(from), *stored.value);
  }
  if (stored.value) {
    // Under its new name it is safe. The secret goes first.
    for (const std::string_view part :
         {".key", ".key.prev", ".crt.prev", ".json", ".ocsp", ".crt"}) {
      files_.remove(from + std::string(part));
    }
  }
  for (const std::string_view part : {".key", ".json", ".answers.json"}) {
    move_if_there(files_, "orders/" + from + std::string(part),
                  "orders/" + to + std::string(part));
  }
}

void FileStore::archive_certificate(const std::string& name) {
  remove_previous(name);
  remove_order(name);
  const auto held = lock(name);
  files_.remove(name + ".ocsp");  // it ends within days
  // The chain goes last: as long as it is there, the rest is looked for.
  for (const std::string_view part : {".key", ".json", ".crt"}) {
    const std::string file = name + std::string(part);
    move_if_there(files_, file, std::string(kArchiveFolder) + file);
  }
}

void FileStore::save_followed(const std::string& id,
                              const std::vector<std::string>& names,
                              TimePoint now) {
  files_.write(std::string(kFollowers) + "/" + id + ".json",
               to_bytes(write_followed({.at = now, .certificates = names})));
}

std::set<std::string> FileStore::load_followed(TimePoint since) {
  std::set<std::string> names;
  for (const std::string& file : files_.list(kFollowers)) {
    const std::string path = std::string(kFollowers) + "/" + file;
    const auto found = find_file<FollowedRecord>(
        files_, path,
        [](const SecretBytes& data) { return read_followed(to_text(data)); },
        "makes no sense", std::size_t{16} << 20);
    require_readable(files_, found);
    if (found.value && found.value->at >= since) {
      names.insert(found.value->certificates.begin(),
                   found.value->certificates.end());
    } else {
      files_.remove(path);
    }
  }
  return names;
}

}  // namespace acme
