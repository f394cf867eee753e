// SPDX-License-Identifier: BSD-2-Clause
// A folder with a pair for other programs, replaced in one step.
//
//   NAME/fullchain.pem -> .now/fullchain.pem      and privkey, chain, cert
//   NAME/.now          -> .pair-0123456789abcdef
//   NAME/.pair-0123456789abcdef/                  the files
//
// A new pair gets a folder of its own, and one rename of ".now" makes all names
// lead there: there is no moment at which a reader who opens two of them finds
// two pairs, but for the one between its own two calls. Renaming file by file
// has such moments of its own; exchanging NAME itself would leave containers
// that mount it with the old pair, and lose what others have put there.
#pragma once

#include <string>

#include "acme_core/storage/store.h"
#include "acmectl/export/file_access.h"

namespace acmectl {

enum class Exported { kWritten, kThere };

/// Writes DIRECTORY/NAME; makes both. Folders stay this process's user's, files
/// are as `access` has it. Throws acme::Error(kOurs); what was there before
/// stays then.
Exported write_pair_folder(const std::string& directory,
                           const std::string& name,
                           const acme::StoredCertificate& certificate,
                           const FileAccess& access);

/// One file, replaced in one step. Throws acme::Error(kOurs).
void write_exported_file(const std::string& path, const acme::SecretBytes& data,
                         const FileAccess& access);

}  // namespace acmectl
