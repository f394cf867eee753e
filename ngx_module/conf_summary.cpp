// SPDX-License-Identifier: BSD-2-Clause
// What a configuration comes to, as a whole.
#include "ngx_module/conf_summary.h"

#include <set>

namespace ngx_acme {

ConfSummary summary_of(const MainConf& main) {
  ConfSummary summary;
  std::set<acme::Identifier> names;
  std::set<std::size_t> issuers;
  for (const acme::CertificateSpec& spec : main.plan.certificates) {
    names.insert(spec.identifiers.begin(), spec.identifiers.end());
    issuers.insert(spec.issuer());
  }
  summary.certificates = main.plan.certificates.size();
  summary.names = names.size();
  summary.issuers = issuers.size();
  summary.stored = main.stored_certificates;
  return summary;
}

}  // namespace ngx_acme
