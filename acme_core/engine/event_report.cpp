// SPDX-License-Identifier: BSD-2-Clause
// Events as the engine's parts tell them.
#include "acme_core/engine/event_report.h"

#include <optional>

namespace acme {

void tell_event(const EngineParts& parts, EventKind kind,
                std::size_t certificate, std::size_t issuer,
                const std::string& text) {
  const CertificateSpec& spec = parts.plan.certificates[certificate];
  Event event{.kind = kind,
              .at = parts.environment.clock.now(),
              .issuer = parts.plan.issuers[issuer].name,
              .certificate = spec.name(),
              .storage_name = spec.storage_name(),
              .identifiers = {},
              .key = std::string(to_string(spec.key_type)),
              .serial = {},
              .not_after = std::nullopt,
              .state_path = parts.plan.issuers[spec.issuer()].state_path,
              .text = printable(text)};
  for (const Identifier& identifier : spec.identifiers) {
    event.identifiers.push_back(identifier.value);
  }
  if (const auto served = parts.keeper.served(certificate)) {
    event.serial = served->chain.serial();
    event.not_after = served->chain.not_after();
  }
  parts.environment.monitor.tell(event);
}

void tell_event(Monitor& monitor, Clock& clock, EventKind kind,
                const IssuerSpec& issuer, const std::string& text) {
  monitor.tell({.kind = kind,
                .at = clock.now(),
                .issuer = issuer.name,
                .certificate = {},
                .storage_name = {},
                .identifiers = {},
                .key = {},
                .serial = {},
                .not_after = std::nullopt,
                .state_path = issuer.state_path,
                .text = printable(text)});
}

}  // namespace acme
