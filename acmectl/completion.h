// SPDX-License-Identifier: BSD-2-Clause
// The script that lets a shell complete acmectl's command lines.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace acmectl {

/// For bash, made of what `app` takes: it cannot be out of date.
[[nodiscard]] std::string bash_completion(const CLI::App& app);

}  // namespace acmectl
