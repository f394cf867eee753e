// SPDX-License-Identifier: BSD-2-Clause
// Files that the configuration names, most of them with secrets.
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>

#include "acme_core/secret.h"
#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

struct ConfiguredFile {
  std::string path;  ///< where it was found
  acme::SecretBytes contents;
  struct stat status;
};

/// A relative name is looked for in the configuration's folder, then among
/// systemd's credentials ($CREDENTIALS_DIRECTORY). Errors begin with "cannot
/// load" and `what`.
[[nodiscard]] ConfiguredFile find_configured_file(ngx_conf_t* cf,
                                                  std::string_view name,
                                                  std::string_view what);

/// A password or the like, without the end of its line; refused when everybody
/// may read the file, or there is nothing in it.
[[nodiscard]] acme::SecretBytes read_secret_file(ngx_conf_t* cf,
                                                 std::string_view name,
                                                 std::string_view what);

}  // namespace ngx_acme
