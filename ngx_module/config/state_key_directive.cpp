// SPDX-License-Identifier: BSD-2-Clause
// acme_state_key: what seals private keys in the state directories.
#include "ngx_module/config/state_key_directive.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "acme_core/crypto/sealing.h"
#include "ngx_module/config/configured_file.h"
#include "ngx_module/config/directive_values.h"
#include "ngx_module/config/main_conf.h"
#include "ngx_module/nginx/ngx_types.h"
#include "ngx_module/nginx/source_line.h"

namespace ngx_acme {
namespace {

// A key that the worker user can read seals nothing from it. Whoever runs nginx
// without root has no better place than its own.
void require_private(const ConfiguredFile& file) {
  const uid_t owner = file.status.st_uid;
  const bool is_others =
      (file.status.st_mode & (S_IRWXO | S_IWGRP)) != 0 ||
      ((file.status.st_mode & S_IRGRP) != 0 && file.status.st_gid != 0);
  if (is_others || (owner != 0 && owner != geteuid())) {
    fail("the state key \"" + file.path +
         "\" is not root's alone: chown root:root \"" + file.path +
         "\" && chmod 400 \"" + file.path + "\"");
  }
}

acme::SecretBytes read_key(ngx_conf_t* cf, std::string_view name) {
  const ConfiguredFile file = find_configured_file(cf, name, "the state key");
  require_private(file);
  auto key = acme::parse_sealing_key(file.contents);
  if (!key) {
    fail("cannot use the state key \"" + file.path +
         "\": it must be 32 bytes, or one line with 32 bytes in base64 or "
         "hexadecimal, as \"openssl rand -base64 32\" makes it");
  }
  return std::move(*key);
}

}  // namespace

char* set_acme_state_key(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  auto& main = *static_cast<MainConf*>(conf);
  if (main.state_key_where) {
    fail("\"acme_state_key\" directive is duplicate");
  }
  main.state_key_where = SourceLine::current(cf);
  const auto [first, last] = elements<ngx_str_t>(*cf->args);
  std::span<ngx_str_t> names(first + 1, last);
  acme::SealingKeys& state_keys = main.plan.state_keys;
  if (view(names.front()) == "off") {
    state_keys.seal = false;
    names = names.subspan(1);
  } else if (names.size() > 2) {
    fail("invalid number of arguments in \"acme_state_key\" directive");
  }
  for (const ngx_str_t& name : names) {
    acme::SecretBytes key = read_key(cf, view(name));
    if (std::find(state_keys.keys.begin(), state_keys.keys.end(), key) !=
        state_keys.keys.end()) {
      fail("\"acme_state_key\" has the same key twice: take \"" +
           std::string(view(name)) + "\" from it");
    }
    state_keys.keys.push_back(std::move(key));
  }
  return NGX_CONF_OK;
}

}  // namespace ngx_acme
