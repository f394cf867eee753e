// SPDX-License-Identifier: BSD-2-Clause
// State directories and nginx's caches, which must not meet.
#include "ngx_module/config/cache_paths.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "ngx_module/config/main_conf.h"
#include "ngx_module/nginx/ngx_types.h"

namespace ngx_acme {
namespace {

using std::filesystem::path;

// Through links, as far as the path exists; without a slash at the end.
path resolved(std::string_view name) {
  std::error_code failure;
  path result = std::filesystem::weakly_canonical(name, failure);
  if (failure) {
    result = path(name).lexically_normal();
  }
  return result.has_filename() ? result : result.parent_path();
}

bool contains(const path& folder, const path& inner) {
  return std::mismatch(folder.begin(), folder.end(), inner.begin(), inner.end())
             .first == folder.end();
}

SourceLine place_of(const ngx_path_t& nginx_path) {
  return {reinterpret_cast<const char*>(nginx_path.conf_file), nginx_path.line};
}

}  // namespace

bool keeps_apart_from_caches(ngx_conf_t* cf, const MainConf& main) {
  const auto [first, last] = elements<ngx_path_t*>(cf->cycle->paths);
  for (auto* const* cache = first; cache != last; ++cache) {
    if ((*cache)->loader == nullptr) {
      continue;
    }
    const path cache_path = resolved(view((*cache)->name));
    for (const auto& issuer : main.issuers) {
      if (issuer->state_path == nullptr) {
        continue;
      }
      const std::string& name = issuer->spec.state_path;
      const path state_path = resolved(name);
      if (!contains(cache_path, state_path) &&
          !contains(state_path, cache_path)) {
        continue;
      }
      const bool is_written = !issuer->state_path_where.file.empty();
      const SourceLine cache_line = place_of(**cache);
      refuse(cf, is_written ? issuer->state_path_where : cache_line,
             "the state path \"" + name + "\" of issuer \"" +
                 issuer->spec.name + "\" and the cache \"" +
                 std::string(view((*cache)->name)) +
                 "\" are one in the other, and the cache deletes what is not "
                 "its own: use folders apart");
      return false;
    }
  }
  return true;
}

}  // namespace ngx_acme
