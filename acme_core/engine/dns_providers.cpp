// SPDX-License-Identifier: BSD-2-Clause
// Making DNS providers.
#include "acme_core/engine/dns_providers.h"

#include <variant>

#include "acme_core/challenge/acme_dns.h"
#include "acme_core/challenge/dns_listen.h"
#include "acme_core/challenge/exec_provider.h"
#include "acme_core/challenge/httpreq.h"
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
  Made operator()(const ListenSpec&) const {
    return std::make_unique<ListenProvider>(context_.responder);
  }
  Made operator()(const ExecSpec& how) const {
    return std::make_unique<ExecProvider>(how, context_.log);
  }
  Made operator()(const HttpReqSpec& how) const {
    return std::make_unique<HttpReqProvider>(how, context_.connect(how.url));
  }
  Made operator()(const AcmeDnsSpec& how) const {
    return std::make_unique<AcmeDnsProvider>(how, context_.connect(how.url),
                                             context_.store, context_.log);
  }

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
