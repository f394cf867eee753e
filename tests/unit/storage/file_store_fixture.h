// SPDX-License-Identifier: BSD-2-Clause
// What tests of FileStore share: a store on a disk that may fail.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "acme_core/error.h"
#include "acme_core/storage/file_store.h"
#include "tests/support/faulty_file_system.h"
#include "tests/support/test_ca.h"

namespace acme {

using Access = FileStore::Access;
using Names = std::vector<std::string>;

inline const std::string kName = "www.example.org-1f2e3d";

template <typename Action>
ErrorKind kind_of_error(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.kind();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorKind::kStopped;
}

[[nodiscard]] inline CertificateRecord record_of(const std::string& issuer) {
  CertificateRecord record;
  record.issuer = issuer;
  return record;
}

class FileStoreTest : public ::testing::Test {
 protected:
  [[nodiscard]] StoredCertificate make_certificate() {
    PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
    auto chain = CertificateChain::from_pem(
        ca_.issue(identifiers_of({"www.example.org"}), key));
    return {std::move(chain.value()), std::move(key)};
  }

  [[nodiscard]] static StoredOrder make_order() {
    return {"https://ca.example/order/1", identifiers_of({"www.example.org"}),
            PrivateKey::generate(KeyType::kEcdsa256)};
  }

  void put(std::string_view path, std::string_view text) {
    files_.write(path, {reinterpret_cast<const std::uint8_t*>(text.data()),
                        text.size()});
  }
  // The same pair once more: keys cannot be copied.
  [[nodiscard]] static StoredCertificate copy_of(
      const StoredCertificate& certificate) {
    return {CertificateChain::from_pem(certificate.chain.to_pem()).value(),
            PrivateKey::from_pem(certificate.key.to_pem()).value()};
  }

  // Another certificate for the same key.
  [[nodiscard]] StoredCertificate renew(const StoredCertificate& older) {
    return {CertificateChain::from_pem(
                ca_.issue(identifiers_of({"www.example.org"}), older.key))
                .value(),
            PrivateKey::from_pem(older.key.to_pem()).value()};
  }

  void put_key(std::string_view path, const PrivateKey& key) {
    files_.write(path, key.to_pem());
  }

  [[nodiscard]] std::string content(std::string_view path) const {
    const ReadResult file = files_.read(path, 100'000);
    return {file.data.begin(), file.data.end()};
  }

  // Every file with its contents.
  [[nodiscard]] Names snapshot() const {
    Names all;
    for (const std::string folder : {"", "orders"}) {
      for (const std::string& name : files_.list(folder)) {
        const std::string path = folder.empty() ? name : folder + "/" + name;
        all.push_back(path + ": " + content(path));
      }
    }
    return all;
  }

  // Serial number of the pair found, which belongs together; else the problem.
  [[nodiscard]] std::string found(Access access) {
    FileStore store(files_, access);
    const auto loaded = store.load_certificate(kName);
    if (!loaded.value) {
      return "none: " + loaded.problem;
    }
    EXPECT_TRUE(loaded.value->chain.matches(loaded.value->key));
    return loaded.value->chain.serial();
  }

  FaultyFileSystem files_;
  FileStore store_{files_};
  FileStore reader_{files_, Access::kReadOnly};
  TestCa ca_;
};

}  // namespace acme
