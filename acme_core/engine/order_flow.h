// SPDX-License-Identifier: BSD-2-Clause
// One certificate from order to download, as RFC 8555 section 7.4 tells it.
#pragma once

#include <cstddef>
#include <stop_token>
#include <string>

#include "acme_core/challenge/http01_self_check.h"
#include "acme_core/engine/challenge_choice.h"
#include "acme_core/engine/challenge_solvers.h"
#include "acme_core/engine/name_verdicts.h"
#include "acme_core/engine/order_permit.h"
#include "acme_core/engine/order_progress.h"
#include "acme_core/engine/plan.h"
#include "acme_core/env/clock.h"
#include "acme_core/env/log.h"
#include "acme_core/protocol/client.h"
#include "acme_core/storage/store.h"

namespace acme {

/// What is ordered.
struct OrderWish {
  const Plan& plan;
  std::size_t certificate;      ///< by index in the plan
  const CertificateSpec& spec;  ///< perhaps without names that are left out
  /// The certificate in use: its key is kept with "reuse_key". May be nullptr.
  const StoredCertificate* current = nullptr;
  /// The certificate that the order is to replace (RFC 9773 section 5), as
  /// CertificateChain::renewal_id(); empty: none.
  std::string replaces = {};
};

/// How its names are proved, and what is learnt of them.
struct OrderProofs {
  ChallengeSolvers& solvers;
  ChallengeChoice& choice;
  NameVerdicts& verdicts;
  /// Of the listeners that answer HTTP-01; nullptr: the CA is asked without it.
  const Http01SelfCheck* self_check = nullptr;
};

/// What a flow works with; all of it outlives the flow.
struct OrderFlowContext {
  const IssuerSpec& issuer;
  Client& client;
  Store& store;  ///< of the issuer that is asked: its orders
  Clock& clock;
  const EventLog& log;
  OrderWish wish;
  OrderProofs proofs;
  OrderPermit& permit;
  OrderProgress& progress = no_progress();
};

/// Obtains the certificate and returns it, checked, but not stored: an order
/// the store remembers is resumed, otherwise a new one is opened. Its key is on
/// disk before the CA is asked for an order, its URL before the CA is asked for
/// anything else. When a challenge fails for a name, another one is tried, in a
/// new order if need be. The caller saves the certificate and then forgets the
/// order (Store::remove_order()).
/// Throws Error; an order that can still succeed stays remembered.
[[nodiscard]] StoredCertificate obtain_certificate(
    const OrderFlowContext& context, std::stop_token stop);

}  // namespace acme
