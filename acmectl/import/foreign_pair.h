// SPDX-License-Identifier: BSD-2-Clause
// A pair or an account's key of another client, read and looked at.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "acme_core/identifier.h"
#include "acme_core/storage/store.h"
#include "acme_core/time_point.h"
#include "acmectl/import/foreign_finds.h"
#include "acmectl/import/foreign_folder.h"

namespace acmectl {

/// A value, or why there is none: in words that name the file.
template <typename T>
struct Read {
  std::optional<T> value;
  std::string fault;
  /// It is whole, and nobody would want it: it has expired, say.
  bool is_of_no_use = false;
};

/// Only a pair of a CA that belongs together and is valid at `now`.
[[nodiscard]] Read<acme::StoredCertificate> read_pair(
    const ForeignFolder& folder, const ForeignPair& pair, acme::TimePoint now);

[[nodiscard]] Read<acme::PrivateKey> read_account_key(
    const ForeignFolder& folder, const ForeignAccount& account);

/// The certificate's identifiers: in the client's order when it has noted
/// exactly these, else the one that the client calls it by in front.
[[nodiscard]] std::vector<acme::Identifier> ordered_identifiers(
    const ForeignPair& pair, const acme::CertificateChain& chain);

/// What the pair's files are called in the state directory.
[[nodiscard]] std::string storage_name_of(
    const ForeignPair& pair, const acme::StoredCertificate& certificate);

}  // namespace acmectl
