// SPDX-License-Identifier: BSD-2-Clause
// acme_state_key: what seals private keys in the state directories.
#include "ngx_module/config/state_key_directive.h"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "acme_core/crypto/sealing.h"
#include "ngx_module/config/directive_values.h"
#include "ngx_module/config/main_conf.h"
#include "ngx_module/config/sealing_key_file.h"
#include "ngx_module/nginx/ngx_types.h"
#include "ngx_module/nginx/source_line.h"

namespace ngx_acme {

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
    acme::SecretBytes key = read_sealing_key(cf, view(name), "the state key");
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
