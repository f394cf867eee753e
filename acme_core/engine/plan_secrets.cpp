// SPDX-License-Identifier: BSD-2-Clause
// Where a plan has its secrets.
#include "acme_core/engine/plan_secrets.h"

#include <string>
#include <variant>

#include "acme_core/secret.h"

namespace acme {
namespace {

// The allocator overwrites all of the old buffer, not only what is in use.
void wipe(SecretBytes& secret) noexcept { SecretBytes().swap(secret); }

// Some people write a user and a password into a URL.
void wipe_url(std::string& url) noexcept {
  acme::wipe(url.data(), url.size());
  url.clear();
}

struct ProviderWipe {
  void operator()(Rfc2136Spec& spec) const noexcept { wipe(spec.key); }
  void operator()(ExecSpec&) const noexcept {}
  void operator()(HttpReqSpec& spec) const noexcept {
    wipe(spec.password);
    wipe_url(spec.url);
  }
  void operator()(AcmeDnsSpec& spec) const noexcept { wipe_url(spec.url); }
  void operator()(ListenSpec&) const noexcept {}
};

}  // namespace

void wipe_secrets(std::vector<DnsProviderSpec>& providers) noexcept {
  for (DnsProviderSpec& provider : providers) {
    std::visit(ProviderWipe(), provider.how);
  }
}

void wipe_secrets(IssuerSpec& issuer) noexcept {
  wipe(issuer.account_key);
  if (issuer.external_account) {
    wipe(issuer.external_account->key);
  }
  wipe_secrets(issuer.dns);
}

void wipe_secrets(Plan& plan) noexcept {
  for (IssuerSpec& issuer : plan.issuers) {
    wipe_secrets(issuer);
  }
  plan.state_keys.keys.clear();  // each is overwritten by its allocator
  if (plan.storage) {
    wipe(plan.storage->password);
    wipe(plan.storage->sentinel_password);
    wipe(plan.storage->client_key);
    plan.storage->node.keys.keys.clear();
  }
}

}  // namespace acme
