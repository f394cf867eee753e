// SPDX-License-Identifier: BSD-2-Clause
// A folder with a pair for other programs. Every step is relative to a
// descriptor: nothing that somebody exchanges meanwhile leads elsewhere.
#include "acmectl/export/pair_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <map>
#include <memory>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "acme_core/env/descriptor.h"
#include "acme_core/env/random.h"
#include "acme_core/error.h"

namespace acmectl {
namespace {

using acme::Descriptor;
using acme::SecretBytes;

constexpr char kNow[] = ".now";
constexpr std::string_view kPair = ".pair-";
constexpr mode_t kFolderMode = 0755;
constexpr int kFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

struct CloseDirectory {
  void operator()(DIR* directory) const noexcept { closedir(directory); }
};

[[noreturn]] void fail(const std::string& path) {
  throw acme::Error(acme::ErrorKind::kOurs,
                    "cannot write \"" + path +
                        "\": " + std::system_category().message(errno));
}

void require(bool success, const std::string& path) {
  if (!success) {
    fail(path);
  }
}

std::string random_name(std::string_view prefix) {
  std::array<char, 17> hex{};
  static_cast<void>(std::snprintf(hex.data(), hex.size(), "%016" PRIx64,
                                  acme::SystemRandom().below(UINT64_MAX)));
  return std::string(prefix) + hex.data();
}

SecretBytes bytes_of(const std::string& text) {
  return {text.begin(), text.end()};
}

std::map<std::string, SecretBytes> files_of(
    const acme::StoredCertificate& certificate) {
  const auto& der = certificate.chain.der();
  const auto pem = [&](std::size_t first, std::size_t end) {
    std::string text;
    for (std::size_t i = first; i < end; ++i) {
      const auto one = acme::CertificateChain::from_der({{der[i]}});
      text += one ? one->to_pem() : "";
    }
    return bytes_of(text);
  };
  std::map<std::string, SecretBytes> files;
  files["cert.pem"] = pem(0, 1);
  files["chain.pem"] = pem(1, der.size());
  files["fullchain.pem"] = bytes_of(certificate.chain.to_pem());
  files["privkey.pem"] = certificate.key.to_pem();
  return files;
}

void set_access(const Descriptor& file, const FileAccess& access,
                const std::string& path) {
  constexpr auto kSame = static_cast<uid_t>(-1);
  require(fchown(file.get(), access.user.value_or(kSame),
                 access.group.value_or(kSame)) == 0,
          path);
  require(fchmod(file.get(), access.mode) == 0, path);
}

void write_file(const Descriptor& folder, const std::string& name,
                const SecretBytes& data, const FileAccess& access,
                const std::string& path) {
  const Descriptor file(
      openat(folder.get(), name.c_str(),
             O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  require(static_cast<bool>(file), path);
  std::span<const std::uint8_t> rest = data;
  while (!rest.empty()) {
    const ssize_t count = write(file.get(), rest.data(), rest.size());
    require(count >= 0 || errno == EINTR, path);
    rest = rest.subspan(count > 0 ? static_cast<std::size_t>(count) : 0);
  }
  set_access(file, access, path);
  require(fsync(file.get()) == 0, path);
}

std::string link_target(const Descriptor& folder, const char* name) {
  std::array<char, 256> target{};
  const ssize_t size =
      readlinkat(folder.get(), name, target.data(), target.size());
  return size > 0 ? std::string(target.data(), static_cast<std::size_t>(size))
                  : std::string();
}

// Replaces whatever has the name, but for a folder.
void set_link(const Descriptor& folder, const std::string& name,
              const std::string& target, const std::string& path) {
  if (link_target(folder, name.c_str()) == target) {
    return;
  }
  const std::string temporary = random_name(".link-");
  require(symlinkat(target.c_str(), folder.get(), temporary.c_str()) == 0,
          path);
  if (renameat(folder.get(), temporary.c_str(), folder.get(), name.c_str()) !=
      0) {
    const int error = errno;
    unlinkat(folder.get(), temporary.c_str(), 0);
    errno = error;
    fail(path + "/" + name);
  }
}

std::vector<std::string> entries_of(const Descriptor& folder) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, CloseDirectory> entries(
      fdopendir(openat(folder.get(), ".", kFolder)));
  // NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is ours alone.
  while (const dirent* entry = entries ? readdir(entries.get()) : nullptr) {
    names.emplace_back(&entry->d_name[0]);
  }
  return names;
}

void remove_pair(const Descriptor& folder, const std::string& name) {
  const Descriptor pair(openat(folder.get(), name.c_str(), kFolder));
  for (const std::string& file :
       pair ? entries_of(pair) : std::vector<std::string>()) {
    unlinkat(pair.get(), file.c_str(), 0);
  }
  unlinkat(folder.get(), name.c_str(), AT_REMOVEDIR);
}

// Those of earlier exports, finished or not.
void remove_other_pairs(const Descriptor& folder, const std::string& kept) {
  for (const std::string& name : entries_of(folder)) {
    if (name.starts_with(kPair) && name != kept) {
      remove_pair(folder, name);
    }
  }
}

Descriptor make_folder(const std::string& directory, const std::string& name) {
  require(mkdir(directory.c_str(), kFolderMode) == 0 || errno == EEXIST,
          directory);
  const Descriptor top(
      open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  require(static_cast<bool>(top), directory);
  const std::string path = directory + "/" + name;
  const bool is_new = mkdirat(top.get(), name.c_str(), kFolderMode) == 0;
  require(is_new || errno == EEXIST, path);
  Descriptor folder(openat(top.get(), name.c_str(), kFolder));
  require(static_cast<bool>(folder), path);
  struct stat status {};
  require(fstat(folder.get(), &status) == 0, path);
  if (status.st_uid != geteuid()) {
    throw acme::Error(acme::ErrorKind::kOurs,
                      "\"" + path +
                          "\" belongs to another user, who could lead keys "
                          "elsewhere; move it away");
  }
  // Whatever the umask was.
  require(!is_new || fchmod(folder.get(), kFolderMode) == 0, path);
  return folder;
}

bool has_file(const Descriptor& pair, const std::string& name,
              const SecretBytes& data, const FileAccess& access) {
  const Descriptor file(
      openat(pair.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!file || fstat(file.get(), &status) != 0 ||
      static_cast<std::size_t>(status.st_size) != data.size() ||
      (status.st_mode & 07777) != access.mode ||
      status.st_uid != access.user.value_or(status.st_uid) ||
      status.st_gid != access.group.value_or(status.st_gid)) {
    return false;
  }
  SecretBytes found(data.size());
  return read(file.get(), found.data(), found.size()) ==
             static_cast<ssize_t>(found.size()) &&
         found == data;
}

bool has_pair(const Descriptor& folder,
              const std::map<std::string, SecretBytes>& files,
              const FileAccess& access) {
  const std::string now = link_target(folder, kNow);
  const Descriptor pair(
      now.starts_with(kPair) ? openat(folder.get(), now.c_str(), kFolder) : -1);
  if (!pair) {
    return false;
  }
  for (const auto& [name, data] : files) {
    if (!has_file(pair, name, data, access) ||
        link_target(folder, name.c_str()) != std::string(kNow) + "/" + name) {
      return false;
    }
  }
  return true;
}

}  // namespace

Exported write_pair_folder(const std::string& directory,
                           const std::string& name,
                           const acme::StoredCertificate& certificate,
                           const FileAccess& access) {
  const std::string path = directory + "/" + name;
  const Descriptor folder = make_folder(directory, name);
  const auto files = files_of(certificate);
  if (has_pair(folder, files, access)) {
    remove_other_pairs(folder, link_target(folder, kNow));
    return Exported::kThere;
  }
  const std::string pair = random_name(kPair);
  try {
    require(mkdirat(folder.get(), pair.c_str(), 0700) == 0, path);
    const Descriptor inside(openat(folder.get(), pair.c_str(), kFolder));
    require(static_cast<bool>(inside), path);
    for (const auto& [file, data] : files) {
      write_file(inside, file, data, access, path + "/" + file);
    }
    require(fchmod(inside.get(), kFolderMode) == 0, path);
    require(fsync(inside.get()) == 0 || errno == EINVAL, path);
    set_link(folder, kNow, pair, path);
  } catch (const acme::Error&) {
    remove_pair(folder, pair);
    throw;
  }
  for (const auto& [file, data] : files) {
    set_link(folder, file, std::string(kNow) + "/" + file, path);
  }
  require(fsync(folder.get()) == 0 || errno == EINVAL, path);
  remove_other_pairs(folder, pair);
  return Exported::kWritten;
}

void write_exported_file(const std::string& path, const SecretBytes& data,
                         const FileAccess& access) {
  const std::size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "."
                                : slash == 0               ? "/"
                                             : path.substr(0, slash);
  const std::string name = path.substr(slash + 1);
  const Descriptor folder(
      open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  require(static_cast<bool>(folder), path);
  const std::string temporary = random_name(".tmp-");
  try {
    write_file(folder, temporary, data, access, path);
    require(renameat(folder.get(), temporary.c_str(), folder.get(),
                     name.c_str()) == 0,
            path);
  } catch (const acme::Error&) {
    unlinkat(folder.get(), temporary.c_str(), 0);
    throw;
  }
  require(fsync(folder.get()) == 0 || errno == EINVAL, path);
}

}  // namespace acmectl
