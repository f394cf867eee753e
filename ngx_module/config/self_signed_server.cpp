// SPDX-License-Identifier: BSD-2-Clause
// Servers that `acme on` has in its scope and cannot get a certificate for.
#include "ngx_module/config/self_signed_server.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "ngx_module/config/report.h"
#include "ngx_module/nginx/ngx_types.h"
#include "ngx_module/nginx/source_line.h"

namespace ngx_acme {
namespace {

constexpr std::string_view kRewriteModule = "ngx_http_rewrite_module";

// nginx may have been built without it: then it is nullptr.
const ngx_module_t* find_module(const ngx_cycle_t& cycle,
                                std::string_view name) {
  for (ngx_module_t** module = cycle.modules; *module != nullptr; ++module) {
    if ((*module)->name != nullptr && (*module)->name == name) {
      return *module;
    }
  }
  return nullptr;
}

// Whether "return 444;" is the first thing there. The rewrite module keeps the
// type of its configuration to itself; an array of codes has been its first
// member ever since.
bool begins_with_closing(void* const* loc_conf, const ngx_module_t& rewrite) {
  const auto* codes =
      *static_cast<ngx_array_t* const*>(loc_conf[rewrite.ctx_index]);
  if (codes == nullptr ||
      codes->nelts < sizeof(ngx_http_script_return_code_t)) {
    return false;
  }
  const auto& first =
      *static_cast<const ngx_http_script_return_code_t*>(codes->elts);
  return first.code == ngx_http_script_return_code &&
         first.status == NGX_HTTP_CLOSE;
}

bool only_closes(const ngx_cycle_t& cycle,
                 const ngx_http_core_srv_conf_t& server) {
  const ngx_module_t* rewrite = find_module(cycle, kRewriteModule);
  if (rewrite == nullptr) {
    return false;
  }
  if (begins_with_closing(server.ctx->loc_conf, *rewrite)) {
    return true;
  }
  const auto& core = *static_cast<const ngx_http_core_loc_conf_t*>(
      server.ctx->loc_conf[ngx_http_core_module.ctx_index]);
  if (core.locations == nullptr) {
    return false;
  }
  bool has_everything = false;
  for (ngx_queue_t* entry = ngx_queue_head(core.locations);
       entry != ngx_queue_sentinel(core.locations);
       entry = ngx_queue_next(entry)) {
    const auto& queued =
        *reinterpret_cast<const ngx_http_location_queue_t*>(entry);
    const ngx_http_core_loc_conf_t& location =
        *(queued.exact != nullptr ? queued.exact : queued.inclusive);
    if (!begins_with_closing(location.loc_conf, *rewrite)) {
      return false;
    }
    has_everything = has_everything || (queued.inclusive != nullptr &&
                                        view(location.name) == "/");
  }
  return has_everything;
}

bool has_name(const ngx_http_core_srv_conf_t& server) {
  const auto [first, last] =
      elements<ngx_http_server_name_t>(server.server_names);
  return std::any_of(first, last, [](const ngx_http_server_name_t& entry) {
    return entry.name.len != 0;
  });
}

}  // namespace

bool tell_self_signed_for_good(ngx_conf_t* cf,
                               const ngx_http_core_srv_conf_t& server,
                               FallbackPolicy fallback) {
  const SourceLine where = source_of(server);
  if (fallback == FallbackPolicy::kReject) {
    remark(cf, NGX_LOG_NOTICE, where,
           "the server has no certificate and turns every visitor away, by "
           "\"acme_fallback reject\"");
    return false;
  }
  const std::string why = has_name(server)
                              ? "none of its names can have a certificate"
                              : "it has no \"server_name\"";
  if (only_closes(*cf->cycle, server)) {
    remark(cf, NGX_LOG_NOTICE, where,
           "the server shows a self-signed certificate before \"return 444\", "
           "as " +
               why + ": \"ssl_reject_handshake on\" shows none");
    return false;
  }
  remark(cf, NGX_LOG_WARN, where,
         "the server shows a self-signed certificate for good, as " + why +
             ": add the names that it serves, give it an \"ssl_certificate\", "
             "or turn its visitors away by \"ssl_reject_handshake on\"");
  return true;
}

}  // namespace ngx_acme
