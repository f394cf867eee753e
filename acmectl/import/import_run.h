// SPDX-License-Identifier: BSD-2-Clause
// Takes over what another ACME client has: pairs that are good, under the names
// at which the engine looks for them, and the account where the CA is the same.
//
// A pair under another name than the configuration's helps as well: the engine
// looks through the directory for what covers a name (engine/stock.h), and
// keeps what covers all of them, from the wished CA and with the wished kind of
// key, until its renewal.
#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "acme_core/storage/store.h"
#include "acme_core/time_point.h"
#include "acmectl/acting_as.h"
#include "acmectl/import/foreign_finds.h"
#include "acmectl/import/foreign_folder.h"

namespace acmectl {

struct ImportTarget {
  /// Of the issuer that the state directory belongs to, as it is configured.
  std::string issuer;
  std::string directory_url;  ///< empty: not known, and no account is taken
};

struct ImportLine {
  enum class Kind {
    kTaken,
    kThere,   ///< nothing to do
    kLeft,    ///< of no use, or the state directory has better
    kFailed,  ///< it could not be read or stored: a person should look
  };
  Kind kind = Kind::kTaken;
  std::string what;  ///< "www.example.com", "account …"
  std::string text;
};

/// "taken", "there", "left", "failed".
[[nodiscard]] std::string_view to_string(ImportLine::Kind kind) noexcept;

struct ImportReport {
  std::size_t taken = 0;
  std::size_t there = 0;
  std::size_t left = 0;
  std::size_t failed = 0;
  bool was_stopped = false;  ///< between two pairs
};

/// What is taken from where to where. References outlive the import.
struct ImportJob {
  const ForeignFolder& folder;
  const ForeignFinds& finds;
  ImportTarget target;
  acme::Store& store;
  Owner owner;           ///< of the state directory: what is written is theirs
  bool dry_run = false;  ///< nothing is written
  acme::TimePoint now;
};

/// What tells of it while it goes on.
struct ImportWatcher {
  std::function<void(const ImportLine&)> tell;
  /// Steps done, of how many: each pair is read and stored.
  std::function<void(std::size_t done, std::size_t all)> progress;
};

/// Reads all pairs, then stores them one by one: each is whole on disk or not
/// there. Doing it again changes nothing. Throws acme::Error when the state
/// directory takes no files.
[[nodiscard]] ImportReport run_import(const ImportJob& job,
                                      const ImportWatcher& watcher,
                                      std::stop_token stop);

}  // namespace acmectl
