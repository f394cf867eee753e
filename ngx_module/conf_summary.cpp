// SPDX-License-Identifier: BSD-2-Clause
// What a configuration comes to, as a whole.
#include "ngx_module/conf_summary.h"

#include <optional>
#include <set>

#include "acme_core/engine/fitness.h"
#include "acme_core/env/file_system.h"
#include "acme_core/error.h"
#include "acme_core/storage/file_store.h"
#include "acme_core/storage/sealed_file_system.h"

namespace ngx_acme {
namespace {

// Pairs in the state directories that are what the plan asks for.
std::size_t stored_certificates(const acme::Plan& plan) {
  std::size_t count = 0;
  for (std::size_t issuer = 0; issuer < plan.issuers.size(); ++issuer) {
    const std::string& path = plan.issuers[issuer].state_path;
    if (path.empty()) {
      continue;
    }
    try {
      const auto files = acme::open_state_directory(path, plan.state_keys);
      acme::FileStore store(*files, acme::FileStore::Access::kReadOnly);
      for (const acme::CertificateSpec& spec : plan.certificates) {
        if (spec.issuer() == issuer) {
          const auto stored = store.load_certificate(spec.storage_name());
          count += stored.value && acme::why_unfit(*stored.value, spec).empty()
                       ? 1
                       : 0;
        }
      }
    } catch (const acme::Error&) {
      // Whoever tests the configuration may not be allowed to read it.
    }
  }
  return count;
}

}  // namespace

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
  if (ngx_test_config) {
    summary.stored = stored_certificates(main.plan);
  }
  return summary;
}

}  // namespace ngx_acme
