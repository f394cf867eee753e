// SPDX-License-Identifier: BSD-2-Clause
// A key that seals, out of a file.
#include "ngx_module/config/sealing_key_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "acme_core/crypto/sealing.h"
#include "ngx_module/config/configured_file.h"
#include "ngx_module/config/directive_values.h"

namespace ngx_acme {
namespace {

// A key that the worker user can read seals nothing from it. Whoever runs nginx
// without root has no better place than its own.
void require_private(const ConfiguredFile& file, std::string_view what) {
  const uid_t owner = file.status.st_uid;
  const bool is_others =
      (file.status.st_mode & (S_IRWXO | S_IWGRP)) != 0 ||
      ((file.status.st_mode & S_IRGRP) != 0 && file.status.st_gid != 0);
  if (is_others || (owner != 0 && owner != geteuid())) {
    fail(std::string(what) + " \"" + file.path +
         "\" is not root's alone: chown root:root \"" + file.path +
         "\" && chmod 400 \"" + file.path + "\"");
  }
}

}  // namespace

acme::SecretBytes read_sealing_key(ngx_conf_t* cf, std::string_view name,
                                   std::string_view what) {
  const ConfiguredFile file = find_configured_file(cf, name, what);
  require_private(file, what);
  auto key = acme::parse_sealing_key(file.contents);
  if (!key) {
    fail("cannot use " + std::string(what) + " \"" + file.path +
         "\": it must be 32 bytes, or one line with 32 bytes in base64 or "
         "hexadecimal, as \"openssl rand -base64 32\" makes it");
  }
  return std::move(*key);
}

}  // namespace ngx_acme
