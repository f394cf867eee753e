// SPDX-License-Identifier: BSD-2-Clause
// One file of a state directory: what it turned out to be.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "acme_core/crypto/certificate.h"
#include "acme_core/crypto/private_key.h"
#include "acme_core/env/file_system.h"

namespace acme {

/// In bytes; no file of ours comes near it.
inline constexpr std::size_t kLargestFile = std::size_t{1} << 20;

[[nodiscard]] inline std::span<const std::uint8_t> to_bytes(
    std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

[[nodiscard]] inline std::string_view to_text(const SecretBytes& data) {
  return {reinterpret_cast<const char*>(data.data()), data.size()};
}

template <typename T>
struct StateFile {
  std::string path;
  std::optional<T> value;
  std::string fault;        ///< why a file that exists has no value
  bool unreadable = false;  ///< the disk failed: nothing is known
  SecretBytes data;         ///< what was read
  std::string serial = {};  ///< as ReadResult::serial

  [[nodiscard]] bool exists() const { return value || !fault.empty(); }
};

/// `parse` makes an optional T of the contents; without a T, `fault` says why.
template <typename T, typename Parse>
[[nodiscard]] StateFile<T> find_file(const FileSystem& files, std::string path,
                                     Parse parse, std::string_view fault,
                                     std::size_t limit = kLargestFile) {
  StateFile<T> found{std::move(path), std::nullopt, {}, false, {}};
  ReadResult file = files.read(found.path, limit);
  switch (file.status) {
    case ReadResult::Status::kNotFound:
      break;
    case ReadResult::Status::kOk:
      found.data = std::move(file.data);
      found.serial = std::move(file.serial);
      found.value = parse(found.data);
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

/// What a file's stamp is to whoever knows no files.
[[nodiscard]] std::optional<std::string> revision_of(
    const std::optional<FileStamp>& stamp);

[[nodiscard]] StateFile<PrivateKey> find_key(const FileSystem& files,
                                             std::string path);
[[nodiscard]] StateFile<CertificateChain> find_chain(const FileSystem& files,
                                                     std::string path);

/// "\"root/path\" fault".
[[nodiscard]] std::string describe_file(const FileSystem& files,
                                        std::string_view path,
                                        std::string_view fault);

template <typename T>
[[nodiscard]] std::string describe(const FileSystem& files,
                                   const StateFile<T>& found,
                                   std::string_view fault = {}) {
  return describe_file(files, found.path, fault.empty() ? found.fault : fault);
}

/// Throws Error(kOurs) when the disk could not read the file.
void require_readable(const FileSystem& files, std::string_view path,
                      bool unreadable, std::string_view fault);

template <typename T>
void require_readable(const FileSystem& files, const StateFile<T>& found) {
  require_readable(files, found.path, found.unreadable, found.fault);
}

/// Renames files to "<file>.bad"; returns "; set aside as …" for messages.
[[nodiscard]] std::string set_aside(FileSystem& files,
                                    const std::vector<std::string>& paths);

}  // namespace acme
