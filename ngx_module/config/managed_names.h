// SPDX-License-Identifier: BSD-2-Clause
// Which names of a server its certificates are for.
#pragma once

#include "ngx_module/config/ignored_names.h"
#include "ngx_module/config/main_conf.h"
#include "ngx_module/config/managed_server.h"
#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// Fills in `managed.names`, whose issuers are known, and says which names are
/// left out: by `acme` those of server_name that can be managed, perhaps none;
/// by `acme_certificate` those it lists, or else all of server_name. False:
/// the configuration is refused.
[[nodiscard]] bool find_names(ngx_conf_t* cf, const MainConf& main,
                              const IgnoredNames& ignored,
                              ManagedServer& managed, ServerConf& own);

}  // namespace ngx_acme
