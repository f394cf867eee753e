// SPDX-License-Identifier: BSD-2-Clause
// What there is in the folder of another ACME client, as paths in it: nothing
// was looked at yet but the client's own notes.
#pragma once

#include <string>
#include <vector>

#include "acme_core/secret.h"

namespace acmectl {

struct ForeignPair {
  std::string name;  ///< as the client calls it
  /// The leaf first; those behind the first may be missing, or say the same.
  std::vector<std::string> chain_files;
  std::string key_file;
  /// In the operator's order, where the client keeps that; may be empty.
  std::vector<std::string> names;
  /// Of the CA that issued it; empty: not known, but perhaps its host.
  std::string directory_url;
  std::string ca_host;  ///< "acme.example", perhaps with ":PORT"
  /// The account that ordered it, as ForeignAccount::id; empty: not known.
  std::string account_id;
  /// What the files of the pair are called in a state directory already; empty:
  /// it comes from another kind of folder.
  std::string stored_as;
};

struct ForeignAccount {
  std::string id;             ///< tells it from others of the folder
  std::string directory_url;  ///< empty: not known, but perhaps its host
  std::string ca_host;
  std::string url;  ///< empty: the key finds it
  std::string key_file;
  bool is_jwk = false;                ///< the key is a JSON Web Key, not PEM
  acme::SecretBytes pass_phrase;      ///< of the key; empty: none
  std::vector<std::string> contacts;  ///< "mailto:" URLs; empty: not known
};

struct ForeignFinds {
  std::vector<ForeignPair> pairs;
  std::vector<ForeignAccount> accounts;
};

}  // namespace acmectl
