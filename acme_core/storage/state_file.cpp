// SPDX-License-Identifier: BSD-2-Clause
// One file of a state directory: what it turned out to be.
#include "acme_core/storage/state_file.h"

#include "acme_core/error.h"

namespace acme {

std::optional<std::string> revision_of(const std::optional<FileStamp>& stamp) {
  return stamp ? std::optional(std::to_string(stamp->modified_ns) + "." +
                               std::to_string(stamp->size) + "." +
                               std::to_string(stamp->inode))
               : std::nullopt;
}

StateFile<PrivateKey> find_key(const FileSystem& files, std::string path) {
  return find_file<PrivateKey>(
      files, std::move(path),
      [](const SecretBytes& data) { return PrivateKey::from_pem(data); },
      "is not an unencrypted private key of a type in use");
}

StateFile<CertificateChain> find_chain(const FileSystem& files,
                                       std::string path) {
  return find_file<CertificateChain>(
      files, std::move(path),
      [](const SecretBytes& data) {
        return CertificateChain::from_pem(to_text(data));
      },
      "is not a certificate chain");
}

std::string describe_file(const FileSystem& files, std::string_view path,
                          std::string_view fault) {
  std::string text = "\"" + files.root() + "/";
  return text.append(path).append("\" ").append(fault);
}

void require_readable(const FileSystem& files, std::string_view path,
                      bool unreadable, std::string_view fault) {
  if (unreadable) {
    throw Error(ErrorKind::kOurs, describe_file(files, path, fault));
  }
}

std::string set_aside(FileSystem& files,
                      const std::vector<std::string>& paths) {
  std::string names;
  for (const std::string& path : paths) {
    files.rename(path, path + ".bad");
    names.append(names.empty() ? "" : " and ").append(path).append(".bad");
  }
  return names.empty() ? names : "; set aside as " + names;
}

}  // namespace acme
