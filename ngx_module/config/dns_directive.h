// SPDX-License-Identifier: BSD-2-Clause
// DNS providers: `acme_dns` at http level and `dns` in an issuer.
#pragma once

#include <vector>

#include "acme_core/challenge/dns_provider_spec.h"
#include "ngx_module/config/main_conf.h"
#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// Reads the directive's arguments, PROVIDER … [zone=ZONE], and adds the
/// provider; an address to listen on goes to MainConf::dns_listen as well.
/// Throws acme::Error.
void add_dns_provider(ngx_conf_t* cf, MainConf& main,
                      std::vector<acme::DnsProviderSpec>& providers);

}  // namespace ngx_acme
