// SPDX-License-Identifier: BSD-2-Clause
// One certificate from order to download, as RFC 8555 section 7.4 tells it.
#pragma once

#include <stop_token>

#include "acme_core/challenge/http01.h"
#include "acme_core/engine/plan.h"
#include "acme_core/env/clock.h"
#include "acme_core/env/log.h"
#include "acme_core/protocol/client.h"
#include "acme_core/storage/store.h"

namespace acme {

/// What a flow works with; all of it outlives the flow.
struct OrderFlowContext {
  Client& client;
  Store& store;
  Http01Responder& responder;
  Clock& clock;
  const CertificateSpec& spec;
  const EventLog& log;
};

/// Obtains a certificate for `spec` and returns it, checked, but not stored: an
/// order the store remembers is resumed, otherwise a new one is opened and
/// remembered before the CA is asked to finalize it. The caller saves the
/// certificate and then forgets the order (Store::remove_order()).
/// Throws Error; an order that can still succeed stays remembered.
[[nodiscard]] StoredCertificate obtain_certificate(
    const OrderFlowContext& context, std::stop_token stop);

/// Why the certificate must not be served for `spec` at `now`, or "". Also
/// guards certificates read from disk.
[[nodiscard]] std::string why_unfit(const StoredCertificate& certificate,
                                    const CertificateSpec& spec, TimePoint now);

}  // namespace acme
