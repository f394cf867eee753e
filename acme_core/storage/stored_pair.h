// SPDX-License-Identifier: BSD-2-Clause
// The files of one certificate: chain and key, found and replaced so that a
// crash at any instruction leaves a pair that belongs together.
//
// A replacement takes these steps, each atomic:
//
//   1. <name>.key.prev  <name>.crt.prev   copies of a good current pair
//   2. <name>.key.next  <name>.crt.next   the new pair
//   3. .key.next becomes .key
//   4. .crt.next becomes .crt
//
// During 1 and until .crt.next is there, .crt and .key are good. From then on
// .crt.next belongs to .key.next or, after step 3, to .key. So a crash never
// needs the previous pair: it is for files that something else has damaged,
// and for certificates that turn out not to be servable. Copies, since other
// programs read .crt and .key, which must not vanish for a moment.
#pragma once

#include <string>

#include "acme_core/env/file_system.h"
#include "acme_core/storage/state_file.h"
#include "acme_core/storage/store.h"

namespace acme {

/// The up to six files of one certificate, and the pair among them to use.
struct StoredPair {
  enum class Choice {
    kNone,
    kNext,       ///< .crt.next with .key.next: nothing was renamed yet
    kNextChain,  ///< .crt.next with .key: only the key was renamed
    kCurrent,    ///< .crt with .key
    kPrevious,   ///< .crt.prev with .key.prev: nothing else is usable
  };

  StateFile<PrivateKey> key;
  StateFile<PrivateKey> next_key;
  StateFile<PrivateKey> previous_key;
  StateFile<CertificateChain> chain;
  StateFile<CertificateChain> next_chain;
  StateFile<CertificateChain> previous_chain;
  Choice choice = Choice::kNone;

  /// Not without a choice.
  [[nodiscard]] const CertificateChain& chosen_chain() const;
  [[nodiscard]] const PrivateKey& chosen_key() const;
  /// Moves the chosen pair out.
  [[nodiscard]] StoredCertificate take();
};

[[nodiscard]] StoredPair find_pair(const FileSystem& files,
                                   const std::string& name);

/// The current pair is not to be used although it belongs together.
void reject_current(StoredPair& pair, const std::string& why);

/// For a pair whose choice is current or next: brings the directory to the
/// state an interrupted replacement was to reach, by the same steps, so that a
/// crash in here does no harm either. Throws Error(kOurs).
void finish_replacement(FileSystem& files, const StoredPair& pair);

/// Replaces the pair under `name`, keeping a good current one as the previous.
/// Writes nothing that is there already. Throws Error(kOurs).
void replace_pair(FileSystem& files, const std::string& name,
                  const StoredCertificate& certificate);

/// For a pair without a choice, or of which only the previous is usable: the
/// problem for the log, empty when there are no files at all. An owner sets the
/// unusable files aside and makes a usable previous pair the current one.
[[nodiscard]] std::string reject_pair(FileSystem& files,
                                      const std::string& name,
                                      const StoredPair& pair, bool owner);

}  // namespace acme
