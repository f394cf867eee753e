// SPDX-License-Identifier: BSD-2-Clause
// The state directory: the account and its keys.
#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>

#include "acme_core/crypto/digest.h"
#include "acme_core/storage/file_store.h"
#include "acme_core/storage/state_documents.h"
#include "acme_core/storage/state_file.h"

namespace acme {
namespace {

constexpr std::string_view kAccountKey = "account.key";
constexpr std::string_view kNextAccountKey = "account.key.next";
constexpr std::string_view kAccountUrl = "account.url";
constexpr std::string_view kAccountRecord = "account.json";

// What the files of another directory's account are called.
std::string aside(const std::string& directory_url) {
  std::array<char, 16> hex{};
  const auto end = std::to_chars(hex.data(), hex.data() + hex.size(),
                                 siphash24(to_bytes(directory_url)), 16);
  return "account-" + std::string(hex.data(), end.ptr);
}

// One line of visible characters; a last newline is an editor's.
std::optional<std::string> parse_url(const SecretBytes& data) {
  std::string_view url = to_text(data);
  url = url.substr(0, url.find_last_not_of(" \t\r\n") + 1);
  const bool visible = std::all_of(url.begin(), url.end(),
                                   [](char c) { return c > ' ' && c <= '~'; });
  return url.empty() || !visible ? std::nullopt
                                 : std::optional<std::string>(url);
}

}  // namespace

Loaded<PrivateKey> FileStore::load_account_key() {
  StateFile<PrivateKey> key = find_key(files_, std::string(kAccountKey));
  require_readable(files_, key);
  if (key.value || !key.exists()) {
    return {std::move(key.value), {}};
  }
  if (access_ == Access::kReadOnly) {
    return {std::nullopt, describe(files_, key) + "; it is not used"};
  }
  // The URL goes first: with the next key it would be another one's account.
  remove_account_url();
  return {std::nullopt, describe(files_, key) + set_aside(files_, {key.path}) +
                            "; a new account will be made"};
}

void FileStore::save_account_key(const PrivateKey& key) {
  remove_account_url();  // see load_account_key()
  files_.write(kAccountKey, key.to_pem());
}

std::optional<std::string> FileStore::load_account_url() {
  auto url = find_file<std::string>(files_, std::string(kAccountUrl), parse_url,
                                    "is not a URL");
  require_readable(files_, url);
  return std::move(url.value);
}

void FileStore::save_account_url(const std::string& url) {
  files_.write(kAccountUrl, to_bytes(url + "\n"));
}

void FileStore::remove_account_url() { files_.remove(kAccountUrl); }

AccountRecord FileStore::load_account_record() {
  auto found = find_file<AccountRecord>(
      files_, std::string(kAccountRecord),
      [](const SecretBytes& data) {
        return std::optional(read_account(to_text(data)));
      },
      "");
  require_readable(files_, found);
  return found.value ? std::move(*found.value) : AccountRecord();
}

void FileStore::save_account_record(const AccountRecord& record) {
  files_.write(kAccountRecord, to_bytes(write_account(record)));
}

void FileStore::change_account_record(
    const std::function<void(AccountRecord&)>& change) {
  const auto held = lock(std::string(kAccountRecord));
  const AccountRecord before = load_account_record();
  AccountRecord record = before;
  change(record);
  if (record != before) {
    save_account_record(record);
  }
}

void FileStore::change_account(const std::string& from, const std::string& to) {
  const auto move = [this](const std::string& old_name,
                           const std::string& new_name) {
    if (files_.stamp(old_name)) {
      files_.rename(old_name, new_name);
    }
  };
  // The URL goes first and comes last: it is never found beside another
  // account's key. The record goes after all others, since it says whose they
  // are. A key that came back without it finds its account by itself.
  for (const std::string part : {".url", ".key.next", ".key", ".json"}) {
    move("account" + part, aside(from) + part);
  }
  for (const std::string part : {".key", ".key.next", ".json", ".url"}) {
    move(aside(to) + part, "account" + part);
  }
}

Loaded<PrivateKey> FileStore::load_next_account_key() {
  StateFile<PrivateKey> key = find_key(files_, std::string(kNextAccountKey));
  require_readable(files_, key);
  if (key.value || !key.exists()) {
    return {std::move(key.value), {}};
  }
  if (access_ == Access::kReadOnly) {
    return {std::nullopt, describe(files_, key) + "; it is not used"};
  }
  return {std::nullopt, describe(files_, key) + set_aside(files_, {key.path}) +
                            "; the account keeps its key"};
}

void FileStore::save_next_account_key(const PrivateKey& key) {
  files_.write(kNextAccountKey, key.to_pem());
}

void FileStore::promote_next_account_key() {
  files_.rename(kNextAccountKey, kAccountKey);
}

void FileStore::remove_next_account_key() { files_.remove(kNextAccountKey); }

}  // namespace acme
