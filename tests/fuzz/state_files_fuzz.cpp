// SPDX-License-Identifier: BSD-2-Clause
// A state directory that somebody else has written. The first byte of an input
// says what the rest is: one document, or all files.
#include <array>
#include <string>

#include "acme_core/error.h"
#include "acme_core/storage/certificate_document.h"
#include "acme_core/storage/file_store.h"
#include "acme_core/storage/state_documents.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/support/memory_file_system.h"

namespace acme {
namespace {

const std::string kName = "www.example.org-1f2e3d";

void read_certificate(std::string_view text) {
  const CertificateDocument first = read_certificate_document(text);
  expect(first.record.history.size() <= CertificateRecord::kLongestHistory &&
             first.record.backoffs.size() <= CertificateRecord::kMostBackoffs,
         "what is remembered of a certificate is bounded");
  for (const Attempt& attempt : first.record.history) {
    expect(is_one_line(attempt.message), "a message is one line");
  }
  const std::string written =
      write_certificate_document(first.facts, first.record);
  const CertificateDocument again = read_certificate_document(written);
  expect(write_certificate_document(again.facts, again.record) == written,
         "a certificate's document is written as it was read");
}

void read_order_document(std::string_view text) {
  if (const auto order = read_order(text)) {
    const std::string written =
        write_order(order->order_url, order->identifiers);
    const auto again = read_order(written);
    expect(again && again->order_url == order->order_url &&
               again->identifiers == order->identifiers,
           "an order that is written is read as the same");
  }
}

void read_account_document(std::string_view text) {
  const AccountRecord first = read_account(text);
  const std::string written = write_account(first);
  expect(write_account(read_account(written)) == written,
         "an account that is written is read as the same");
}

void read_budget_document(std::string_view text) {
  const std::string written = write_budget(read_budget(text));
  expect(write_budget(read_budget(written)) == written,
         "a budget that is written is read as the same");
}

// In the order of their contents in an input.
const std::array<std::string, 15> kFiles{
    kName + ".crt",
    kName + ".key",
    kName + ".json",
    kName + ".crt.next",
    kName + ".key.next",
    kName + ".crt.prev",
    kName + ".key.prev",
    "orders/" + kName + ".json",
    "orders/" + kName + ".key",
    "account.key",
    "account.url",
    "account.json",
    "account.key.next",
    "budget.json",
    "check",
};

std::string serial_of(const Loaded<StoredCertificate>& loaded) {
  if (!loaded.value) {
    return {};
  }
  expect(loaded.value->chain.matches(loaded.value->key),
         "no key is served that is not the certificate's");
  return loaded.value->chain.serial();
}

void load_all(FileStore& store) {
  static_cast<void>(store.load_verified(kName));
  static_cast<void>(store.load_record(kName));
  static_cast<void>(store.load_order(kName));
  static_cast<void>(store.load_account_key());
  static_cast<void>(store.load_next_account_key());
  static_cast<void>(store.load_account_url());
  static_cast<void>(store.load_account_record());
  static_cast<void>(store.load_budget());
}

void read_directory(std::string_view text) {
  MemoryFileSystem files;
  std::size_t index = 0;
  for (const std::string_view content : split(text, '\x1e')) {
    if (index == kFiles.size()) {
      break;
    }
    if (!content.empty()) {
      files.write(kFiles.at(index),
                  {reinterpret_cast<const std::uint8_t*>(content.data()),
                   content.size()});
    }
    ++index;
  }
  const auto names = files.list("");
  FileStore reader(files, FileStore::Access::kReadOnly);
  const std::string found = serial_of(reader.load_certificate(kName));
  load_all(reader);
  expect(files.list("") == names, "the master changes nothing");
  FileStore owner(files);
  expect(serial_of(owner.load_certificate(kName)) == found,
         "master and helper find the same certificate");
  load_all(owner);
  const Loaded<StoredCertificate> again = owner.load_certificate(kName);
  expect(serial_of(again) == found, "a certificate that was found stays");
  expect(again.problem.empty(), "what is bad is set aside once");
  expect(serial_of(reader.load_certificate(kName)) == found,
         "the master finds what the helper has put in order");
}

}  // namespace
}  // namespace acme

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  acme::read_as({{'c', acme::read_certificate},
                 {'o', acme::read_order_document},
                 {'a', acme::read_account_document},
                 {'b', acme::read_budget_document},
                 {'f', acme::read_directory}},
                data, size);
  return 0;
}
