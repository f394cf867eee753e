// SPDX-License-Identifier: BSD-2-Clause
// Programs that the configuration names.
#pragma once

#include <string>
#include <string_view>

#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// The path of a program, relative to the configuration's folder as all its
/// files. Refuses the directive when there is no such program.
[[nodiscard]] std::string find_program(ngx_conf_t* cf, std::string_view given);

/// The file, or the folder on the way to it, that everybody may write: who
/// replaces the program runs his own as the helper's user. "" when there is
/// none; a sticky folder, as /tmp, is none.
[[nodiscard]] std::string writable_by_everybody(const std::string& program);

}  // namespace ngx_acme
