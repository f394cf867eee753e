// SPDX-License-Identifier: BSD-2-Clause
// What the nginx program says of its configuration and of how it was built.
#pragma once

#include <string>
#include <vector>

#include "acmectl/context.h"
#include "acmectl/nginx_conf.h"

namespace acmectl {

struct NginxConf {
  std::vector<ConfDirective> directives;
  /// Why they are empty, in nginx's words; empty: they are not.
  std::string problem;
};

/// Asks "nginx -T", which needs the right to read all that nginx reads.
[[nodiscard]] NginxConf read_nginx_conf(const EndpointOptions& options);

/// The state directory of an issuer.
struct StatePath {
  std::string issuer;
  std::string path;
};

/// Those that the configuration names by state_path, and those that are where
/// "nginx -V" says that they are otherwise.
[[nodiscard]] std::vector<StatePath> find_state_paths(
    const std::vector<ConfDirective>& conf, const EndpointOptions& options);

}  // namespace acmectl
