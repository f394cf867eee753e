// SPDX-License-Identifier: BSD-2-Clause
// Where issuers keep their state.
#include "acmectl/issuer_places.h"

#include "acme_core/engine/builtin_issuers.h"
#include "acmectl/nginx_facts.h"
#include "acmectl/refusal.h"

namespace acmectl {
namespace {

// What the issuer's block says, or "".
std::string uri_in(const std::vector<ConfDirective>& conf,
                   const std::string& issuer) {
  for (const ConfDirective& each : conf) {
    if (each.name == "http") {
      if (std::string uri = uri_in(each.block, issuer); !uri.empty()) {
        return uri;
      }
    } else if (each.name == "acme_issuer" && !each.arguments.empty() &&
               each.arguments.front() == issuer) {
      for (const ConfDirective& inner : each.block) {
        if (inner.name == "uri" && inner.arguments.size() == 1) {
          return inner.arguments.front();
        }
      }
    }
  }
  return {};
}

}  // namespace

std::vector<IssuerPlace> issuer_places(const Context& context) {
  std::vector<IssuerPlace> places;
  for (const std::string& path : context.endpoint.state_paths) {
    places.push_back({.issuer = {}, .state_path = path, .directory_url = {}});
  }
  if (!places.empty()) {
    return places;
  }
  const NginxConf conf = read_nginx_conf(context.endpoint);
  for (const StatePath& found :
       find_state_paths(conf.directives, context.endpoint)) {
    IssuerPlace place{.issuer = found.issuer,
                      .state_path = found.path,
                      .directory_url = uri_in(conf.directives, found.issuer)};
    const acme::BuiltinIssuer* builtin = acme::find_builtin(found.issuer);
    if (place.directory_url.empty() && builtin != nullptr) {
      place.directory_url = builtin->directory_url;
    }
    places.push_back(std::move(place));
  }
  if (places.empty()) {
    throw Refusal(kNotFound,
                  (conf.problem.empty() ? "nginx's configuration names no "
                                          "state directory"
                                        : conf.problem) +
                      "; name it by --state-path DIR");
  }
  return places;
}

}  // namespace acmectl
