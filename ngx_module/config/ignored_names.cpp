// SPDX-License-Identifier: BSD-2-Clause
// Names of a server that nginx ignores.
#include "ngx_module/config/ignored_names.h"

#include <algorithm>
#include <vector>

#include "acme_core/ascii.h"
#include "ngx_module/nginx/http_block.h"
#include "ngx_module/nginx/ngx_compat.h"
#include "ngx_module/nginx/ngx_types.h"

namespace ngx_acme {
namespace {

// What the name takes: ".example.com" is both example.com and *.example.com.
std::vector<std::string> keys_of(std::string_view name) {
  const std::string text = acme::lowered(name);
  if (text.starts_with('.')) {
    return {text.substr(1), "*" + text};
  }
  return {text};
}

bool is_plain(const ngx_http_server_name_t& name) {
#if (NGX_PCRE)
  return name.regex == nullptr;
#else
  static_cast<void>(name);
  return true;
#endif
}

}  // namespace

void IgnoredNames::read(ngx_conf_t* cf) {
  const ngx_http_ssl_srv_conf_t& http_ssl = http_ssl_conf(cf);
  for_each_address(cf, [&](const ngx_http_conf_addr_t& address) {
    const auto [first, last] =
        elements<ngx_http_core_srv_conf_t*>(address.servers);
    if (std::any_of(first, last, [&](const ngx_http_core_srv_conf_t* server) {
          return speaks_tls(address.opt) ||
                 has_ssl_on(ssl_conf(*server), http_ssl);
        })) {
      add(address);
    }
  });
}

void IgnoredNames::add(const ngx_http_conf_addr_t& address) {
  std::unordered_map<std::string, const ngx_http_core_srv_conf_t*> owners;
  const auto [server, last_server] =
      elements<ngx_http_core_srv_conf_t*>(address.servers);
  for (auto* const* s = server; s != last_server; ++s) {
    ++addresses_[*s];
    const auto [name, last_name] =
        elements<ngx_http_server_name_t>((*s)->server_names);
    for (const auto* n = name; n != last_name; ++n) {
      if (!is_plain(*n)) {
        continue;
      }
      const std::vector<std::string> keys = keys_of(view(n->name));
      const auto taken =
          std::find_if(keys.begin(), keys.end(), [&](const std::string& key) {
            const auto owner = owners.find(key);
            return owner != owners.end() && owner->second != *s;
          });
      if (taken == keys.end()) {
        for (const std::string& key : keys) {
          owners.try_emplace(key, *s);
        }
        continue;
      }
      Conflict& conflict = conflicts_[*s][acme::lowered(view(n->name))];
      conflict.owner = owners.at(*taken);
      ++conflict.addresses;
    }
  }
}

std::string IgnoredNames::why_ignored(const ngx_http_core_srv_conf_t& server,
                                      std::string_view name) const {
  const auto conflicts = conflicts_.find(&server);
  if (conflicts == conflicts_.end()) {
    return {};
  }
  const auto found = conflicts->second.find(acme::lowered(name));
  if (found == conflicts->second.end() ||
      found->second.addresses != addresses_.at(&server)) {
    return {};
  }
  const ngx_http_core_srv_conf_t& owner = *found->second.owner;
  return "nginx ignores it here: the server at " +
         std::string(reinterpret_cast<const char*>(owner.file_name)) + ":" +
         std::to_string(owner.line) + " has it";
}

}  // namespace ngx_acme
