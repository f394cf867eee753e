// SPDX-License-Identifier: BSD-2-Clause
// The folder of another ACME client, read as root without being led out of it.
//
// Such folders belong to whomever the client runs as. Links are followed as far
// as they stay below the folder, since certbot and dehydrated link to the
// newest of their files; what belongs to somebody who is neither root, nor us,
// nor the folder's owner is not taken.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/env/descriptor.h"
#include "acme_core/secret.h"

namespace acmectl {

struct ForeignFile {
  acme::SecretBytes data;
  /// Why there is no data, in words that go behind a path; empty: it was read.
  std::string fault;
  bool is_missing = false;  ///< the fault is that there is none

  [[nodiscard]] std::string_view text() const noexcept {
    return {reinterpret_cast<const char*>(data.data()), data.size()};
  }
};

/// Paths are relative to the folder and may have any number of components.
class ForeignFolder {
 public:
  /// Throws acme::Error(kConfiguration) when it cannot be opened.
  explicit ForeignFolder(const std::string& path);

  /// As it was given, without slashes at the end.
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  /// At most 1 MiB.
  [[nodiscard]] ForeignFile read(const std::string& path) const;

  /// Names of what is directly in a folder ("" is the root), sorted; links that
  /// stay within count as what they lead to. Empty when there is no such
  /// folder.
  [[nodiscard]] std::vector<std::string> folders(
      const std::string& path = {}) const;
  [[nodiscard]] std::vector<std::string> files(
      const std::string& path = {}) const;

  [[nodiscard]] bool has_folder(const std::string& path) const;
  [[nodiscard]] bool has_file(const std::string& path) const;

 private:
  [[nodiscard]] acme::Descriptor open_below(const std::string& path,
                                            std::uint64_t flags) const;
  [[nodiscard]] mode_t kind_of(const std::string& path) const;
  [[nodiscard]] std::vector<std::string> list(const std::string& path,
                                              mode_t kind) const;

  std::string path_;
  acme::Descriptor root_;
  uid_t owner_ = 0;
};

}  // namespace acmectl
