// SPDX-License-Identifier: BSD-2-Clause
// Whether CAs will open an account for us.
#include "ngx_module/config/account_check.h"

#include <algorithm>
#include <string>

#include "acme_core/engine/builtin_issuers.h"
#include "acme_core/env/file_system.h"
#include "acme_core/error.h"
#include "acme_core/storage/file_store.h"

namespace ngx_acme {
namespace {

bool has_account(const acme::IssuerSpec& issuer) {
  if (issuer.state_path.empty()) {
    return false;
  }
  try {
    acme::PosixFileSystem files(issuer.state_path);
    return acme::FileStore(files, acme::FileStore::Access::kReadOnly)
        .load_account_url()
        .has_value();
  } catch (const acme::Error&) {
    return false;  // whoever checks may not be allowed to read it
  }
}

// A built-in issuer stands nowhere: the certificate that names it does.
const SourceLine* place_of(const MainConf& main, std::size_t issuer) {
  for (const CertificateGroup& group : main.discovery.groups()) {
    const std::vector<std::size_t>& issuers =
        main.plan.certificates[group.certificates.front()].issuers;
    if (std::find(issuers.begin(), issuers.end(), issuer) != issuers.end()) {
      const SourceLine& own = main.issuers[issuer]->where;
      return own.file.empty() ? &group.where : &own;
    }
  }
  return nullptr;
}

}  // namespace

void check_accounts(ngx_conf_t* cf, const MainConf& main) {
  for (std::size_t i = 0; i < main.plan.issuers.size(); ++i) {
    const acme::IssuerSpec& issuer = main.plan.issuers[i];
    const acme::BuiltinIssuer* known =
        acme::find_builtin_url(issuer.directory_url);
    const SourceLine* place = place_of(main, i);
    if (place == nullptr || known == nullptr ||
        !known->needs_external_account || issuer.external_account ||
        has_account(issuer)) {
      continue;
    }
    remark(cf, NGX_LOG_WARN, *place,
           "issuer \"" + issuer.name +
               "\" opens accounts only for its customers: add \"acme_issuer " +
               issuer.name +
               " { external_account_key ID FILE; }\" with the values that this "
               "CA shows you");
  }
}

}  // namespace ngx_acme
