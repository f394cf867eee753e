// SPDX-License-Identifier: BSD-2-Clause
// Options that say which certificates are meant.
#pragma once

#include "acmectl/status_reader.h"

namespace CLI {
class App;
}

namespace acmectl {

/// --name, --state, --issuer and --expires-within; `filter` outlives `command`.
void add_filter_options(CLI::App& command, CertificateFilter& filter);

}  // namespace acmectl
