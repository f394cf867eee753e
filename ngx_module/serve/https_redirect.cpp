// SPDX-License-Identifier: BSD-2-Clause
// Plain HTTP requests for managed names are sent to https.
#include "ngx_module/serve/https_redirect.h"

#include <string_view>

#include "ngx_module/nginx/ngx_compat.h"
#include "ngx_module/nginx/ngx_types.h"
#include "ngx_module/serve/wildcard_name.h"

namespace ngx_acme {
namespace {

constexpr in_port_t kHttpsPort = 443;

// The name without the brackets that an IPv6 address has in a URL.
std::string_view bare_host(std::string_view host) noexcept {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    return host.substr(1, host.size() - 2);
  }
  return host;
}

// RFC 9110 section 15.4: 301 and 302 let clients turn a POST into a GET, which
// 307 and 308 forbid; very old clients know only the former.
ngx_int_t status_for(const ngx_http_request_t& request,
                     RedirectPolicy policy) noexcept {
  const bool has_no_body =
      (request.method & (NGX_HTTP_GET | NGX_HTTP_HEAD)) != 0;
  if (policy == RedirectPolicy::kPermanent) {
    return has_no_body ? NGX_HTTP_MOVED_PERMANENTLY
                       : NGX_HTTP_PERMANENT_REDIRECT;
  }
  return has_no_body ? NGX_HTTP_MOVED_TEMPORARILY : NGX_HTTP_TEMPORARY_REDIRECT;
}

// "https://" host [":" port] target; empty without memory.
ngx_str_t location_of(const ngx_http_request_t& request,
                      in_port_t port) noexcept {
  const std::string_view host = view(request.headers_in.server);
  std::string_view target = view(request.unparsed_uri);
  if (!target.starts_with('/')) {
    target = "/";  // of OPTIONS *, or of an absolute URL without a path
  }
  const std::size_t size =
      sizeof("https://:65535") + host.size() + target.size();
  auto* text = static_cast<u_char*>(ngx_pnalloc(request.pool, size));
  if (text == nullptr) {
    return {};
  }
  ngx_str_t host_text = borrow(host);
  ngx_str_t target_text = borrow(target);
  const u_char* end =
      port == kHttpsPort
          ? ngx_snprintf(text, size, "https://%V%V", &host_text, &target_text)
          : ngx_snprintf(text, size, "https://%V:%ui%V", &host_text,
                         static_cast<ngx_uint_t>(port), &target_text);
  return {static_cast<std::size_t>(end - text), text};
}

}  // namespace

void HttpsNames::add(const std::string& name, Place place) {
  const auto [entry, is_new] = places_.try_emplace(name);
  Known& known = entry->second;
  known.is_managed |= place.server != nullptr;
  if (is_new || place.port.rank < known.best.port.rank) {
    known.best = place;
  }
}

const HttpsNames::Place* HttpsNames::find(
    std::string_view name) const noexcept {
  const auto by_name = places_.find(name);
  const Known* itself = by_name == places_.end() ? nullptr : &by_name->second;
  const Known* wildcard = find_wildcard(places_, name);
  const bool is_managed = (itself != nullptr && itself->is_managed) ||
                          (wildcard != nullptr && wildcard->is_managed);
  const Known* best = itself;
  if (best == nullptr || (wildcard != nullptr &&
                          wildcard->best.port.rank < best->best.port.rank)) {
    best = wildcard;
  }
  return is_managed && best->best.port.rank != PortRank::kNone ? &best->best
                                                               : nullptr;
}

ngx_int_t redirect_to_https(ngx_http_request_t* request,
                            const HttpsNames& names,
                            RedirectPolicy policy) noexcept {
  if (policy == RedirectPolicy::kOff || request->connection->ssl != nullptr) {
    return NGX_DECLINED;
  }
  const std::string_view name = bare_host(view(request->headers_in.server));
  const HttpsNames::Place* place = names.find(name);
  if (place == nullptr ||
      (place->server != nullptr && !place->server->has_certificate(name))) {
    return NGX_DECLINED;
  }
  const ngx_str_t location = location_of(*request, place->port.number);
  auto* header = static_cast<ngx_table_elt_t*>(
      ngx_list_push(&request->headers_out.headers));
  if (location.len == 0 || header == nullptr) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
  set_header(*header, ngx_string("Location"), location);
  request->headers_out.location = header;
  return status_for(*request, policy);
}

}  // namespace ngx_acme
