// SPDX-License-Identifier: BSD-2-Clause
// The way to a state directory, which root goes without being led elsewhere.
#pragma once

#include <string>

#include "acme_core/env/descriptor.h"

namespace acme {

/// Opens a directory. Root follows a symbolic link on the way only where nobody
/// but root can have put it: the directory's parent may belong to a worker who
/// has exchanged it. Empty, with errno, when that fails; ELOOP for such a link.
[[nodiscard]] Descriptor open_trusted(const std::string& path);

/// The first link on the way that open_trusted() would refuse to root; "" when
/// there is none. The path need not exist.
[[nodiscard]] std::string untrusted_link(const std::string& path);

}  // namespace acme
