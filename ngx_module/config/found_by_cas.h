// SPDX-License-Identifier: BSD-2-Clause
// Which of the addresses where nginx listens a CA finds.
#pragma once

#include <string>
#include <vector>

namespace ngx_acme {

/// Those of the addresses, as nginx writes them, that a CA which looks at the
/// port finds, or else what may have the port forwarded to it: a loopback
/// address or a unix socket only where there is nothing else.
[[nodiscard]] std::vector<std::string> found_by_cas(
    const std::vector<std::string>& addresses, const std::string& port);

}  // namespace ngx_acme
