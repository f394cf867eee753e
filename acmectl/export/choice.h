// SPDX-License-Identifier: BSD-2-Clause
// Which certificates of a state directory an export takes, and what their
// folders are called: names that stay when the names of state files change.
#pragma once

#include <string>
#include <vector>

#include "acme_core/storage/store.h"

namespace acmectl {

struct ExportChoice {
  std::string id;      ///< what its state files are called
  std::string folder;  ///< "www.example.com", "_wildcard.example.com"
  std::string key;     ///< "ecdsa:256"
};

/// All that some configuration has use for: of those that have a folder in
/// common, the one that is valid longest. A name with a certificate for each
/// kind of key has RSA's in "NAME.rsa".
[[nodiscard]] std::vector<ExportChoice> choose_all(acme::Store& store);

/// By the name of state files, by the folder, or by any name that it is for;
/// empty when there is none. `folder` is as with choose_all().
[[nodiscard]] std::vector<ExportChoice> choose_named(acme::Store& store,
                                                     const std::string& name);

}  // namespace acmectl
