// SPDX-License-Identifier: BSD-2-Clause
// A folder as another ACME client leaves it, and a state directory beside it.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "acme_core/engine/plan.h"
#include "acme_core/storage/file_store.h"
#include "acmectl/import/clients.h"
#include "acmectl/import/import_run.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/test_ca.h"

namespace acmectl {

inline constexpr char kCaUrl[] = "https://ca.example:14000/dir";

/// A pair in PEM.
struct SitePair {
  std::string chain;
  std::string key;
};

inline std::string text_of(const acme::SecretBytes& bytes) {
  return {bytes.begin(), bytes.end()};
}

class ForeignSite {
 public:
  ForeignSite() {
    std::filesystem::create_directory(client());
    std::filesystem::create_directory(state());
  }

  [[nodiscard]] std::filesystem::path client() const {
    return directory_.path() / "client";
  }
  [[nodiscard]] std::filesystem::path state() const {
    return directory_.path() / "state";
  }

  void write(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories((client() / path).parent_path());
    std::ofstream(client() / path) << text;
  }

  void link(const std::string& path, const std::string& target) const {
    std::filesystem::create_directories((client() / path).parent_path());
    std::filesystem::create_symlink(target, client() / path);
  }

  [[nodiscard]] SitePair issue(
      const std::vector<std::string>& names,
      acme::KeyType type = acme::KeyType::kEcdsa256,
      acme::TimePoint not_after = acme::kTestNotAfter) {
    const auto key = acme::PrivateKey::generate(type);
    return {ca_.issue(acme::identifiers_of(names), key, acme::kTestNotBefore,
                      not_after),
            text_of(key.to_pem())};
  }

  [[nodiscard]] const acme::TestCa& ca() const noexcept { return ca_; }

  [[nodiscard]] ForeignFolder folder() const {
    return ForeignFolder(client().string());
  }

  /// The lines that are told.
  std::vector<ImportLine> import(ForeignFinds (*find)(const ForeignFolder&),
                                 bool dry_run = false,
                                 const std::string& directory_url = kCaUrl) {
    const ForeignFolder from = folder();
    const ForeignFinds finds = find(from);
    acme::FileStore store(
        std::make_unique<acme::PosixFileSystem>(state().string()));
    std::vector<ImportLine> lines;
    const ImportWatcher watcher{
        .tell = [&](const ImportLine& line) { lines.push_back(line); },
        .progress = {}};
    report = run_import(
        {.folder = from,
         .finds = finds,
         .target = {.issuer = "example", .directory_url = directory_url},
         .store = store,
         .owner = owner_of_directory(state().string()),
         .dry_run = dry_run,
         .now = acme::kTestNotBefore + std::chrono::days(30)},
        watcher, stop.get_token());
    return lines;
  }

  [[nodiscard]] acme::FileStore store() const {
    return acme::FileStore(
        std::make_unique<acme::PosixFileSystem>(state().string()));
  }

  /// Of the certificates in the state directory.
  [[nodiscard]] std::vector<std::string> stored() const {
    return store().certificate_names();
  }

  ImportReport report;
  std::stop_source stop;

 private:
  acme::TemporaryDirectory directory_;
  acme::TestCa ca_;
};

/// What a certificate for these names is called in a state directory.
inline std::string name_of(const std::vector<std::string>& names,
                           acme::KeyType type = acme::KeyType::kEcdsa256) {
  acme::CertificateSpec spec;
  spec.identifiers = acme::identifiers_of(names);
  spec.key_type = type;
  return spec.storage_name();
}

}  // namespace acmectl
