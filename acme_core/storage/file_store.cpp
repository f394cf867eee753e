// SPDX-License-Identifier: BSD-2-Clause
// The state directory: certificates, their records, and the directory itself.
// Accounts and orders are in file_store_account.cpp and file_store_order.cpp.
#include "acme_core/storage/file_store.h"

#include <functional>
#include <utility>

#include "acme_core/error.h"
#include "acme_core/storage/certificate_document.h"
#include "acme_core/storage/state_documents.h"
#include "acme_core/storage/state_file.h"
#include "acme_core/storage/state_names.h"
#include "acme_core/storage/stored_pair.h"

namespace acme {
namespace {

constexpr std::string_view kBudget = "budget.json";
constexpr std::string_view kDnsRecords = "dns-records.json";
// A chain with its key.
constexpr std::size_t kCheckSize = std::size_t{10} << 10;
// Half a million times. Refusing a file would forget all limits, so it is far
// from what anybody needs.
constexpr std::size_t kLargestBudget = std::size_t{16} << 20;

using Choice = StoredPair::Choice;

void require_file_name(const std::string& name) {
  if (name.empty() || name.front() == '.' ||
      name.find('/') != std::string::npos ||
      name.find('\0') != std::string::npos) {
    throw Error(ErrorKind::kConfiguration,
                "\"" + name + "\" cannot be the name of state files");
  }
}

StateFile<CertificateDocument> find_document(const FileSystem& files,
                                             const std::string& name) {
  return find_file<CertificateDocument>(
      files, name + ".json",
      [](const SecretBytes& data) {
        return std::optional(read_certificate_document(to_text(data)));
      },
      "");
}

// A crash between the chain and its document leaves what was said of the old
// chain.
void refresh_document(FileSystem& files, const std::string& name,
                      const StoredPair& pair) {
  StateFile<CertificateDocument> found = find_document(files, name);
  if (!found.value ||
      found.value->facts.serial == pair.chosen_chain().serial()) {
    return;
  }
  found.value->record.window.reset();  // it was the old one's
  files.write(found.path,
              to_bytes(write_certificate_document(
                  facts_of(pair.chosen_chain(), pair.chosen_key().type()),
                  found.value->record)));
}

// The "check" file's contents: no two neighbouring blocks are the same.
SecretBytes check_pattern() {
  SecretBytes pattern(kCheckSize);
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    pattern[i] = static_cast<std::uint8_t>(i % 251);
  }
  return pattern;
}

}  // namespace

FileStore::FileStore(FileSystem& files, Access access)
    : files_(files),
      access_(access),
      reader_(access == Access::kOwner
                  ? std::make_unique<FileStore>(files, Access::kReadOnly)
                  : nullptr) {}

FileStore::FileStore(std::unique_ptr<FileSystem> files)
    : own_files_(std::move(files)),
      files_(*own_files_),
      access_(Access::kOwner),
      reader_(std::make_unique<FileStore>(files_, Access::kReadOnly)) {}

Store& FileStore::reader() noexcept { return reader_ ? *reader_ : *this; }

std::unique_lock<std::mutex> FileStore::lock(const std::string& name) {
  require_file_name(name);
  return std::unique_lock(
      mutexes_[std::hash<std::string>()(name) % mutexes_.size()]);
}

Loaded<StoredCertificate> FileStore::load_certificate(const std::string& name) {
  const auto held = lock(name);
  const bool owner = access_ == Access::kOwner;
  StoredPair pair = find_pair(files_, name);
  if (pair.choice == Choice::kCurrent &&
      is_altered(files_, name, pair.chosen_chain())) {
    reject_current(pair, "was changed since it was found good");
  }
  Loaded<StoredCertificate> loaded;
  if (pair.choice == Choice::kNone || pair.choice == Choice::kPrevious) {
    loaded.problem = reject_pair(files_, name, pair, owner);
    if (pair.choice == Choice::kNone) {
      return loaded;
    }
  }
  if (owner) {
    try {
      if (pair.choice != Choice::kPrevious) {
        finish_replacement(files_, pair);
        refresh_document(files_, name, pair);
      } else if (const StoredPair now = find_pair(files_, name);
                 now.choice == Choice::kCurrent) {
        refresh_document(files_, name, now);  // the previous pair was put back
      }
    } catch (const Error& error) {
      // A disk that takes no changes must not cost us a good certificate.
      loaded.problem.append(loaded.problem.empty() ? "" : "; ")
          .append(error.what())
          .append("; the stored certificate is used all the same");
    }
  }
  loaded.value = pair.take();
  return loaded;
}

void FileStore::save_certificate(const std::string& name,
                                 const CertificateRecord& record,
                                 const StoredCertificate& certificate) {
  if (!certificate.chain.matches(certificate.key)) {
    throw Error(ErrorKind::kPermanent,
                "the certificate does not match its private key; not stored");
  }
  const auto held = lock(name);
  replace_pair(files_, name, certificate);
  CertificateFacts facts = facts_of(certificate.chain, certificate.key.type());
  facts.verified_files = digest_of_files(files_, name);
  files_.write(name + ".json",
               to_bytes(write_certificate_document(facts, record)));
}

void FileStore::mark_verified(const std::string& name,
                              const StoredCertificate& certificate) {
  const auto held = lock(name);
  const std::string digest = digest_of_files(files_, name);
  StateFile<CertificateDocument> found = find_document(files_, name);
  require_readable(files_, found);
  if (digest.empty() ||
      (found.value && found.value->facts.verified_files == digest)) {
    return;
  }
  const StoredPair pair = find_pair(files_, name);
  if (pair.choice != Choice::kCurrent ||
      pair.chosen_chain().der() != certificate.chain.der() ||
      !is_in_order(files_, name, certificate.chain)) {
    return;  // it is not what the caller has seen, or not as it is served
  }
  CertificateFacts facts =
      facts_of(pair.chosen_chain(), pair.chosen_key().type());
  facts.verified_files = digest;
  files_.write(found.path, to_bytes(write_certificate_document(
                               facts, found.value ? found.value->record
                                                  : CertificateRecord())));
}

std::optional<VerifiedPair> FileStore::load_verified(const std::string& name) {
  const auto held = lock(name);
  return find_verified_pair(files_, name);
}

void FileStore::remove_previous(const std::string& name) {
  const auto held = lock(name);
  const std::string key = name + ".key.prev";
  const std::string chain = name + ".crt.prev";
  if (!files_.stamp(key) && !files_.stamp(chain)) {
    return;
  }
  const Choice choice = find_pair(files_, name).choice;
  if (choice == Choice::kNone || choice == Choice::kPrevious) {
    return;  // somebody may still need it
  }
  files_.remove(key);  // the secret first
  files_.remove(chain);
}

CertificateRecord FileStore::load_record(const std::string& name) {
  const auto held = lock(name);
  return load_locked_record(name);
}

void FileStore::save_record(const std::string& name,
                            const CertificateRecord& record) {
  const auto held = lock(name);
  save_locked_record(name, record);
}

void FileStore::change_record(
    const std::string& name,
    const std::function<void(CertificateRecord&)>& change) {
  const auto held = lock(name);
  CertificateRecord record = load_locked_record(name);
  change(record);
  save_locked_record(name, record);
}

CertificateRecord FileStore::load_locked_record(const std::string& name) {
  StateFile<CertificateDocument> found = find_document(files_, name);
  require_readable(files_, found);
  return found.value ? std::move(found.value->record) : CertificateRecord();
}

void FileStore::save_locked_record(const std::string& name,
                                   const CertificateRecord& record) {
  const StateFile<CertificateDocument> found = find_document(files_, name);
  require_readable(files_, found);
  CertificateFacts facts =
      found.value ? found.value->facts : CertificateFacts();
  if (facts.serial.empty()) {
    // Another program's pair, or a file that somebody removed.
    const StoredPair pair = find_pair(files_, name);
    if (pair.choice != Choice::kNone) {
      facts = facts_of(pair.chosen_chain(), pair.chosen_key().type());
    }
  }
  const std::string text = write_certificate_document(facts, record);
  if (to_text(found.data) != text) {
    files_.write(found.path, to_bytes(text));
  }
}

std::optional<Revision> FileStore::certificate_revision(
    const std::string& name) const {
  require_file_name(name);
  return revision_of(files_.stamp(name + ".crt"));
}

BudgetRecord FileStore::load_budget() {
  auto found = find_file<BudgetRecord>(
      files_, std::string(kBudget),
      [](const SecretBytes& data) {
        return std::optional(read_budget(to_text(data)));
      },
      "", kLargestBudget);
  require_readable(files_, found);
  return found.value ? std::move(*found.value) : BudgetRecord();
}

void FileStore::save_budget(const BudgetRecord& record) {
  files_.write(kBudget, to_bytes(write_budget(record)));
}

std::vector<DnsRecord> FileStore::load_dns_records() {
  auto found = find_file<std::vector<DnsRecord>>(
      files_, std::string(kDnsRecords),
      [](const SecretBytes& data) {
        return std::optional(read_dns_records(to_text(data)));
      },
      "");
  require_readable(files_, found);
  return found.value ? std::move(*found.value) : std::vector<DnsRecord>();
}

void FileStore::save_dns_records(const std::vector<DnsRecord>& records) {
  if (records.empty()) {
    files_.remove(kDnsRecords);
  } else {
    files_.write(kDnsRecords, to_bytes(write_dns_records(records)));
  }
}

void FileStore::check() {
  const auto held = lock(std::string(kCheckFile));
  try {
    const SecretBytes pattern = check_pattern();
    files_.write(kCheckFile, pattern);
    const ReadResult file = files_.read(kCheckFile, kCheckSize);
    files_.remove(kCheckFile);
    if (file.status != ReadResult::Status::kOk || file.data != pattern) {
      throw Error(ErrorKind::kOurs,
                  "what was written to " + files_.root() + "/" +
                      std::string(kCheckFile) + " does not come back" +
                      (file.reason.empty() ? "" : ": " + file.reason));
    }
  } catch (const Error& error) {
    throw Error(ErrorKind::kOurs, "the state directory \"" + files_.root() +
                                      "\" cannot be written: " + error.what() +
                                      "; nothing is ordered until it can");
  }
}

}  // namespace acme
