// SPDX-License-Identifier: BSD-2-Clause
// The files of one certificate, found and replaced.
#include "acme_core/storage/stored_pair.h"

#include <utility>
#include <vector>

#include "acme_core/error.h"

namespace acme {
namespace {

using Choice = StoredPair::Choice;

// A reader beside the owner may see one file from before a replacement and one
// from after it. Two replacements in a row do not happen.
constexpr int kAttempts = 3;

bool has_anything(const StoredPair& pair) {
  return pair.key.exists() || pair.chain.exists() || pair.next_chain.exists() ||
         pair.previous_key.exists() || pair.previous_chain.exists();
}

// Of those that a replacement or a rejection touches.
bool has_unreadable(const StoredPair& pair) {
  return pair.key.unreadable || pair.next_key.unreadable ||
         pair.chain.unreadable || pair.next_chain.unreadable;
}

bool belong_together(const StateFile<CertificateChain>& chain,
                     const StateFile<PrivateKey>& key) {
  return chain.value && key.value && chain.value->matches(*key.value) &&
         (key.serial.empty() || key.serial == chain.value->serial());
}

// A complete new pair goes before the old one: it was about to replace it.
Choice choose(const StoredPair& pair) {
  if (belong_together(pair.next_chain, pair.next_key)) {
    return Choice::kNext;
  }
  if (belong_together(pair.next_chain, pair.key)) {
    return Choice::kNextChain;
  }
  if (belong_together(pair.chain, pair.key)) {
    return Choice::kCurrent;
  }
  return belong_together(pair.previous_chain, pair.previous_key)
             ? Choice::kPrevious
             : Choice::kNone;
}

// The chosen chain and key of a pair, const or not.
template <typename Pair>
auto& chain_of(Pair& pair) {
  return pair.choice == Choice::kPrevious  ? pair.previous_chain
         : pair.choice == Choice::kCurrent ? pair.chain
                                           : pair.next_chain;
}
template <typename Pair>
auto& key_of(Pair& pair) {
  return pair.choice == Choice::kPrevious ? pair.previous_key
         : pair.choice == Choice::kNext   ? pair.next_key
                                          : pair.key;
}

// Why neither the current nor the next pair can be used; "" when there is
// nothing of them.
std::string fault_of(const FileSystem& files, const StoredPair& pair) {
  const auto& chain = pair.chain.exists() || !pair.next_chain.exists()
                          ? pair.chain
                          : pair.next_chain;
  const auto& key =
      pair.key.exists() || !pair.next_key.exists() ? pair.key : pair.next_key;
  if (!chain.exists()) {
    return key.exists() ? describe(files, key, "has no certificate")
                        : describe(files, chain, "is missing");
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

std::vector<std::string> unusable_files(const StoredPair& pair) {
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
  if (pair.choice == Choice::kNone) {
    collect(pair.previous_chain);
    collect(pair.previous_key);
  }
  return paths;
}

// The current pair becomes the previous one as well.
void keep_current(FileSystem& files, const StoredPair& pair) {
  const std::string serial = pair.chain.value->serial();
  if (pair.previous_key.data != pair.key.data ||
      (!pair.previous_key.serial.empty() &&
       pair.previous_key.serial != serial)) {
    files.write_key(pair.previous_key.path, pair.key.data, serial);
  }
  if (pair.previous_chain.data != pair.chain.data) {
    files.write(pair.previous_chain.path, pair.chain.data);
  }
}

SecretBytes pem_of(const CertificateChain& chain) {
  const std::string pem = chain.to_pem();
  return {pem.begin(), pem.end()};
}

// Steps 2 to 4.
void write_pair(FileSystem& files, const StoredPair& pair,
                const SecretBytes& key, const SecretBytes& chain,
                const std::string& serial) {
  files.write_key(pair.next_key.path, key, serial);
  files.write(pair.next_chain.path, chain);
  files.rename(pair.next_key.path, pair.key.path);
  files.rename(pair.next_chain.path, pair.chain.path);
}

}  // namespace

const CertificateChain& StoredPair::chosen_chain() const {
  return chain_of(*this).value.value();
}

const PrivateKey& StoredPair::chosen_key() const {
  return key_of(*this).value.value();
}

StoredCertificate StoredPair::take() {
  return {std::move(chain_of(*this).value.value()),
          std::move(key_of(*this).value.value())};
}

StoredPair find_pair(const FileSystem& files, const std::string& name) {
  StoredPair pair;
  for (int i = 0; i < kAttempts; ++i) {
    pair = {.key = find_key(files, name + ".key"),
            .next_key = find_key(files, name + ".key.next"),
            .previous_key = find_key(files, name + ".key.prev"),
            .chain = find_chain(files, name + ".crt"),
            .next_chain = find_chain(files, name + ".crt.next"),
            .previous_chain = find_chain(files, name + ".crt.prev")};
    pair.choice = choose(pair);
    const bool is_settled =
        pair.choice != Choice::kNone && pair.choice != Choice::kPrevious;
    if (is_settled || !has_anything(pair)) {
      break;
    }
  }
  return pair;
}

void reject_current(StoredPair& pair, const std::string& why) {
  pair.chain.value.reset();
  pair.chain.fault = why;
  pair.choice = choose(pair);
}

void finish_replacement(FileSystem& files, const StoredPair& pair) {
  if (has_unreadable(pair)) {
    return;  // who knows what there is to keep
  }
  if (pair.choice == Choice::kNext) {
    files.rename(pair.next_key.path, pair.key.path);
  } else if (pair.next_key.exists()) {
    files.remove(pair.next_key.path);
  }
  if (pair.choice != Choice::kCurrent) {
    files.rename(pair.next_chain.path, pair.chain.path);
  } else if (pair.next_chain.exists()) {
    files.remove(pair.next_chain.path);
  }
  // A crash between the two copies, or between their removals: no key stays
  // that nobody would ever remove.
  const bool is_whole = belong_together(pair.previous_chain, pair.previous_key);
  if (!is_whole && pair.previous_key.exists() &&
      !pair.previous_key.unreadable && !pair.previous_chain.unreadable) {
    files.remove(pair.previous_key.path);
  }
}

void replace_pair(FileSystem& files, const std::string& name,
                  const StoredCertificate& certificate) {
  StoredPair pair = find_pair(files, name);
  if (pair.choice == Choice::kNext || pair.choice == Choice::kNextChain) {
    finish_replacement(files, pair);
    pair = find_pair(files, name);
  }
  const SecretBytes key = certificate.key.to_pem();
  const SecretBytes chain = pem_of(certificate.chain);
  const std::string serial = certificate.chain.serial();
  if (pair.choice != Choice::kCurrent) {
    write_pair(files, pair, key, chain, serial);
    return;
  }
  if (pair.key.data == key && pair.chain.data == chain) {
    return;
  }
  keep_current(files, pair);
  if (pair.key.data == key && pair.key.serial.empty()) {
    files.write(pair.chain.path, chain);  // whole by itself, with either chain
    return;
  }
  write_pair(files, pair, key, chain, serial);
}

std::string reject_pair(FileSystem& files, const std::string& name,
                        const StoredPair& pair, bool owner) {
  const bool may_change = owner && !has_unreadable(pair) &&
                          !pair.previous_key.unreadable &&
                          !pair.previous_chain.unreadable;
  if (!has_anything(pair)) {
    if (may_change && pair.next_key.exists()) {
      files.remove(pair.next_key.path);  // a crash before anything was issued
    }
    return {};
  }
  const bool has_previous = pair.choice == Choice::kPrevious;
  const std::string what_next =
      has_previous ? "the previous pair is used"
      : owner      ? "what is served is stored in its place, or "
                     "else a new one is ordered"
                   : "";
  std::string problem = fault_of(files, pair);
  if (!may_change) {
    problem += "; it is not used";
    return has_previous ? problem + "; " + what_next : problem;
  }
  try {
    problem += set_aside(files, unusable_files(pair));
    if (has_previous) {
      write_pair(files, find_pair(files, name), pair.previous_key.data,
                 pair.previous_chain.data, pair.previous_chain.value->serial());
    }
  } catch (const Error& error) {
    // A disk that takes no changes must not cost us a good certificate.
    problem.append("; ").append(error.what());
  }
  return problem + "; " + what_next;
}

}  // namespace acme
