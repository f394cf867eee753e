// SPDX-License-Identifier: BSD-2-Clause
// The scripts that let shells complete acmectl's command lines.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace acmectl {

/// Made of what `app` takes: they cannot be out of date.
[[nodiscard]] std::string bash_completion(const CLI::App& app);
[[nodiscard]] std::string zsh_completion(const CLI::App& app);

}  // namespace acmectl
