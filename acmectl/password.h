// SPDX-License-Identifier: BSD-2-Clause
// A password from a file or a person, never from the command line, where every
// user of the machine could read it.
#pragma once

#include <string>

#include "acme_core/secret.h"
#include "acmectl/context.h"

namespace acmectl {

/// The first line of the file. Throws Refusal when there is none.
[[nodiscard]] acme::SecretBytes password_from_file(const std::string& path);

/// Asked for twice on the terminal, without an echo. Throws Refusal when nobody
/// can be asked, the two differ, or there is none.
[[nodiscard]] acme::SecretBytes ask_password(const Context& context);

}  // namespace acmectl
