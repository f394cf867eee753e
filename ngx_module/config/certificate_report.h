// SPDX-License-Identifier: BSD-2-Clause
// What `nginx -t` says of each certificate before any CA is asked: how it will
// be proved, and which records a person has to make for it.
#pragma once

#include "ngx_module/config/first_challenge.h"
#include "ngx_module/config/main_conf.h"
#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// One notice for the group, and one for each record.
void describe_certificate(ngx_conf_t* cf, const MainConf& main,
                          const ChallengeAddresses& addresses,
                          const CertificateGroup& group);

}  // namespace ngx_acme
