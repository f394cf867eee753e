// SPDX-License-Identifier: BSD-2-Clause
// Making DNS providers.
#include "acme_core/engine/dns_providers.h"

#include <variant>

#include "acme_core/challenge/rfc2136.h"

namespace acme {
namespace {

class Maker {
 public:
  Maker(const DnsProviderSpec& spec, const DnsProviderContext& context)
      : spec_(spec), context_(context) {}

  using Made = std::unique_ptr<DnsProvider>;

  Made operator()(const Rfc2136Spec& how) const {
    return std::make_unique<Rfc2136Provider>(how, spec_.zone, context_.clock);
  }
  Made operator()(const auto&) const { return nullptr; }

 private:
  const DnsProviderSpec& spec_;
  const DnsProviderContext& context_;
};

}  // namespace

std::unique_ptr<DnsProvider> make_dns_provider(
    const DnsProviderSpec& spec, const DnsProviderContext& context) {
  return std::visit(Maker(spec, context), spec.how);
}

}  // namespace acme
