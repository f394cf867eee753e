// SPDX-License-Identifier: BSD-2-Clause
// The state directory: what its files hold, and recovery after a crash.
#include "acme_core/storage/file_store.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "acme_core/error.h"
#include "acme_core/storage/state_documents.h"

namespace acme {
namespace {

constexpr std::size_t kLargestFile = std::size_t{1} << 20;
// A reader beside the owner may see one file from before a replacement and one
// from after it. Two replacements in a row do not happen.
constexpr int kAttempts = 3;
constexpr std::string_view kAccountKey = "account.key";
constexpr std::string_view kAccountUrl = "account.url";

std::span<const std::uint8_t> to_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string_view to_text(const SecretBytes& data) {
  return {reinterpret_cast<const char*>(data.data()), data.size()};
}

// What a file turned out to be.
template <typename T>
struct Found {
  std::string path;
  std::optional<T> value;
  std::string fault;        // why a file that exists has no value
  bool unreadable = false;  // the disk failed: nothing is known

  [[nodiscard]] bool exists() const { return value || !fault.empty(); }
};

template <typename T, typename Parse>
Found<T> find(const FileSystem& files, std::string path, Parse parse,
              std::string_view fault) {
  Found<T> found{std::move(path), std::nullopt, {}, false};
  const ReadResult file = files.read(found.path, kLargestFile);
  switch (file.status) {
    case ReadResult::Status::kNotFound:
      break;
    case ReadResult::Status::kOk:
      found.value = parse(file.data);
      if (!found.value) {
        found.fault = fault;
      }
      break;
    case ReadResult::Status::kRefused:
      found.fault = file.reason;
      break;
    case ReadResult::Status::kFailed:
      found.fault = "cannot be read: " + file.reason;
      found.unreadable = true;
      break;
  }
  return found;
}

Found<PrivateKey> find_key(const FileSystem& files, std::string path) {
  return find<PrivateKey>(
      files, std::move(path),
      [](const SecretBytes& data) { return PrivateKey::from_pem(data); },
      "is not an unencrypted private key of a type in use");
}

Found<CertificateChain> find_chain(const FileSystem& files, std::string path) {
  return find<CertificateChain>(
      files, std::move(path),
      [](const SecretBytes& data) {
        return CertificateChain::from_pem(to_text(data));
      },
      "is not a certificate chain");
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

template <typename T>
std::string describe(const FileSystem& files, const Found<T>& found,
                     std::string_view fault = {}) {
  return "\"" + files.root() + "/" + found.path + "\" " +
         std::string(fault.empty() ? found.fault : fault);
}

template <typename T>
void require_readable(const FileSystem& files, const Found<T>& found) {
  if (found.unreadable) {
    throw Error(ErrorKind::kTransient, describe(files, found));
  }
}

// Renames files to "<file>.bad" and says so.
std::string set_aside(FileSystem& files, const std::vector<std::string>& paths,
                      const std::string& what_next) {
  std::string names;
  for (const std::string& path : paths) {
    files.rename(path, path + ".bad");
    names.append(names.empty() ? "" : " and ").append(path).append(".bad");
  }
  return "; set aside as " + names + "; " + what_next;
}

// A crash between the chain and its metadata leaves those of the old chain.
void refresh_metadata(FileSystem& files, const std::string& path,
                      const CertificateChain& chain, KeyType key_type) {
  const ReadResult file = files.read(path, kLargestFile);
  if (file.status != ReadResult::Status::kOk) {
    return;
  }
  const CertificateMetadata old = read_metadata(to_text(file.data));
  if (old.serial != chain.serial()) {
    files.write(path, to_bytes(write_metadata(old.issuer, chain, key_type)));
  }
}

// The up to four files of one certificate, and the pair among them to use.
struct Pair {
  enum class Choice {
    kNone,
    kNext,       // .crt.next with .key.next: nothing was renamed yet
    kNextChain,  // .crt.next with .key: only the key was renamed
    kCurrent,    // .crt with .key
  };

  Found<PrivateKey> key;
  Found<PrivateKey> next_key;
  Found<CertificateChain> chain;
  Found<CertificateChain> next_chain;
  Choice choice = Choice::kNone;

  [[nodiscard]] bool has_anything() const {
    return key.exists() || chain.exists() || next_chain.exists();
  }
  [[nodiscard]] bool has_unreadable() const {
    return key.unreadable || next_key.unreadable || chain.unreadable ||
           next_chain.unreadable;
  }
};

bool belong_together(const Found<CertificateChain>& chain,
                     const Found<PrivateKey>& key) {
  return chain.value && key.value && chain.value->matches(*key.value);
}

// A complete new pair goes before the old one: it was about to replace it.
Pair::Choice choose(const Pair& pair) {
  if (belong_together(pair.next_chain, pair.next_key)) {
    return Pair::Choice::kNext;
  }
  if (belong_together(pair.next_chain, pair.key)) {
    return Pair::Choice::kNextChain;
  }
  return belong_together(pair.chain, pair.key) ? Pair::Choice::kCurrent
                                               : Pair::Choice::kNone;
}

Pair find_pair(const FileSystem& files, const std::string& name) {
  Pair pair;
  for (int i = 0; i < kAttempts; ++i) {
    pair = {.key = find_key(files, name + ".key"),
            .next_key = find_key(files, name + ".key.next"),
            .chain = find_chain(files, name + ".crt"),
            .next_chain = find_chain(files, name + ".crt.next")};
    pair.choice = choose(pair);
    if (pair.choice != Pair::Choice::kNone || !pair.has_anything()) {
      break;
    }
  }
  return pair;
}

// Brings the directory to the state the interrupted replacement was to reach,
// by the same steps, so that a crash in here does no harm either.
void finish_replacement(FileSystem& files, const Pair& pair) {
  if (pair.has_unreadable()) {
    return;  // who knows what there is to keep
  }
  if (pair.choice == Pair::Choice::kNext) {
    files.rename(pair.next_key.path, pair.key.path);
  } else if (pair.next_key.exists()) {
    files.remove(pair.next_key.path);
  }
  if (pair.choice != Pair::Choice::kCurrent) {
    files.rename(pair.next_chain.path, pair.chain.path);
  } else if (pair.next_chain.exists()) {
    files.remove(pair.next_chain.path);
  }
}

// Why a pair without a choice cannot be used.
std::string fault_of(const FileSystem& files, const Pair& pair) {
  const auto& chain = pair.chain.exists() ? pair.chain : pair.next_chain;
  const auto& key = pair.key.exists() ? pair.key : pair.next_key;
  if (!chain.exists()) {
    return describe(files, key, "has no certificate");
  }
  if (!chain.fault.empty()) {
    return describe(files, chain);
  }
  if (!key.exists()) {
    return describe(files, chain, "has no private key");
  }
  return key.fault.empty()
             ? describe(files, chain, "does not match its private key")
             : describe(files, key);
}

// Deals with files of which no two belong together; returns the problem.
std::string reject(FileSystem& files, const Pair& pair, bool owner) {
  owner = owner && !pair.has_unreadable();
  if (!pair.has_anything()) {
    if (owner && pair.next_key.exists()) {
      files.remove(pair.next_key.path);  // a crash before anything was issued
    }
    return {};
  }
  const std::string fault = fault_of(files, pair);
  if (!owner) {
    return fault + "; it is not used";
  }
  std::vector<std::string> paths;
  const auto collect = [&paths](const auto& found) {
    if (found.exists()) {
      paths.push_back(found.path);
    }
  };
  collect(pair.chain);
  collect(pair.key);
  collect(pair.next_chain);
  collect(pair.next_key);
  try {
    return fault + set_aside(files, paths, "a new certificate will be ordered");
  } catch (const Error& error) {
    return fault + "; " + error.what() + "; a new certificate will be ordered";
  }
}

}  // namespace

std::unique_lock<std::mutex> FileStore::lock(const std::string& name) {
  if (name.empty() || name.front() == '.' ||
      name.find('/') != std::string::npos ||
      name.find('\0') != std::string::npos) {
    throw Error(ErrorKind::kConfiguration,
                "\"" + name + "\" cannot be the name of state files");
  }
  return std::unique_lock(
      mutexes_[std::hash<std::string>()(name) % mutexes_.size()]);
}

Loaded<PrivateKey> FileStore::load_account_key() {
  Found<PrivateKey> key = find_key(files_, std::string(kAccountKey));
  require_readable(files_, key);
  if (key.value || !key.exists()) {
    return {std::move(key.value), {}};
  }
  if (access_ == Access::kReadOnly) {
    return {std::nullopt, describe(files_, key) + "; it is not used"};
  }
  // The URL goes first: with the next key it would be another one's account.
  remove_account_url();
  return {std::nullopt,
          describe(files_, key) +
              set_aside(files_, {key.path}, "a new account will be made")};
}

void FileStore::save_account_key(const PrivateKey& key) {
  remove_account_url();  // see load_account_key()
  files_.write(kAccountKey, key.to_pem());
}

std::optional<std::string> FileStore::load_account_url() {
  auto url = find<std::string>(files_, std::string(kAccountUrl), parse_url,
                               "is not a URL");
  require_readable(files_, url);
  return std::move(url.value);
}

void FileStore::save_account_url(const std::string& url) {
  files_.write(kAccountUrl, to_bytes(url + "\n"));
}

void FileStore::remove_account_url() { files_.remove(kAccountUrl); }

Loaded<StoredCertificate> FileStore::load_certificate(const std::string& name) {
  const auto held = lock(name);
  const bool owner = access_ == Access::kOwner;
  Pair pair = find_pair(files_, name);
  if (pair.choice == Pair::Choice::kNone) {
    return {std::nullopt, reject(files_, pair, owner)};
  }
  auto& chain = pair.choice == Pair::Choice::kCurrent ? pair.chain.value
                                                      : pair.next_chain.value;
  auto& key =
      pair.choice == Pair::Choice::kNext ? pair.next_key.value : pair.key.value;
  Loaded<StoredCertificate> loaded;
  if (owner) {
    try {
      finish_replacement(files_, pair);
      refresh_metadata(files_, name + ".json", *chain, key->type());
    } catch (const Error& error) {
      // A disk that takes no changes must not cost us a good certificate.
      loaded.problem = std::string(error.what()) +
                       "; the stored certificate is used all the same";
    }
  }
  loaded.value = StoredCertificate{std::move(*chain), std::move(*key)};
  return loaded;
}

void FileStore::save_certificate(const std::string& name,
                                 const std::string& issuer,
                                 const StoredCertificate& certificate) {
  if (!certificate.chain.matches(certificate.key)) {
    throw Error(ErrorKind::kPermanent,
                "the certificate does not match its private key; not stored");
  }
  const auto held = lock(name);
  files_.write(name + ".key.next", certificate.key.to_pem());
  files_.write(name + ".crt.next", to_bytes(certificate.chain.to_pem()));
  files_.rename(name + ".key.next", name + ".key");
  files_.rename(name + ".crt.next", name + ".crt");
  files_.write(name + ".json",
               to_bytes(write_metadata(issuer, certificate.chain,
                                       certificate.key.type())));
}

Loaded<StoredOrder> FileStore::load_order(const std::string& name) {
  const auto held = lock(name);
  auto order = find<OrderDocument>(
      files_, "orders/" + name + ".json",
      [](const SecretBytes& data) { return read_order(to_text(data)); },
      "is not an order");
  auto key = find_key(files_, "orders/" + name + ".key");
  require_readable(files_, order);
  require_readable(files_, key);
  const bool owner = access_ == Access::kOwner;
  if (!order.exists()) {
    if (owner && key.exists()) {
      files_.remove(key.path);  // a crash cut save_order() or remove_order()
    }
    return {};
  }
  if (order.value && key.value) {
    return {
        StoredOrder{std::move(order.value->order_url),
                    std::move(order.value->identifiers), std::move(*key.value)},
        {}};
  }
  const std::string problem =
      !order.value   ? describe(files_, order)
      : key.exists() ? describe(files_, key)
                     : describe(files_, order, "has no private key");
  if (!owner) {
    return {std::nullopt, problem + "; it is not used"};
  }
  std::vector<std::string> paths{order.path};
  if (key.exists()) {
    paths.push_back(key.path);
  }
  return {std::nullopt,
          problem + set_aside(files_, paths, "a new order will be opened")};
}

void FileStore::save_order(const std::string& name, const StoredOrder& order) {
  const auto held = lock(name);
  // An older order must not be found beside the key of this one.
  files_.remove("orders/" + name + ".json");
  files_.write("orders/" + name + ".key", order.key.to_pem());
  files_.write("orders/" + name + ".json",
               to_bytes(write_order(order.order_url, order.identifiers)));
}

void FileStore::remove_order(const std::string& name) {
  const auto held = lock(name);
  files_.remove("orders/" + name + ".json");
  files_.remove("orders/" + name + ".key");
}

std::unique_ptr<FileLock> FileStore::try_lock() {
  return files_.try_lock("lock");
}

}  // namespace acme
