// SPDX-License-Identifier: BSD-2-Clause
// The state directory: what other processes that use it are told.
#include <string_view>
#include <utility>

#include "acme_core/storage/file_store.h"
#include "acme_core/storage/state_file.h"

namespace acme {
namespace {

constexpr std::string_view kSuffix = ".answers.json";
constexpr std::string_view kHolder = "holder.json";
// Ten thousand certificates have a long list.
constexpr std::size_t kLargestHolder = std::size_t{16} << 20;

std::string path_of(const std::string& name) {
  return "orders/" + name + std::string(kSuffix);
}

std::string text_of(const ReadResult& file) {
  return file.status == ReadResult::Status::kOk
             ? std::string(to_text(file.data))
             : std::string();
}

}  // namespace

void FileStore::save_order_answers(const std::string& name,
                                   const std::vector<OrderAnswer>& answers) {
  const auto held = lock(name);
  if (answers.empty()) {
    files_.remove(path_of(name));
  } else {
    files_.write(path_of(name), to_bytes(write_order_answers(answers)));
  }
}

std::map<std::string, Revision> FileStore::order_answers() const {
  std::map<std::string, Revision> found;
  for (const std::string& file : files_.list("orders")) {
    if (file.ends_with(kSuffix)) {
      if (auto revision = revision_of(files_.stamp("orders/" + file))) {
        found.emplace(file.substr(0, file.size() - kSuffix.size()),
                      std::move(*revision));
      }
    }
  }
  return found;
}

std::vector<OrderAnswer> FileStore::load_order_answers(
    const std::string& name) const {
  return read_order_answers(text_of(files_.read(path_of(name), kLargestFile)));
}

std::optional<Revision> FileStore::dns_records_revision() const {
  return revision_of(files_.stamp("dns-records.json"));
}

void FileStore::save_holder(const std::vector<std::string>& certificates) {
  files_.write(kHolder, to_bytes(write_holder(certificates)));
}

std::vector<std::string> FileStore::load_holder() const {
  return read_holder(text_of(files_.read(kHolder, kLargestHolder)));
}

}  // namespace acme
