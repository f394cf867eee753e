// SPDX-License-Identifier: BSD-2-Clause
// One certificate from order to download, as RFC 8555 section 7.4 tells it.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "acme_core/challenge/http01_self_check.h"
#include "acme_core/engine/challenge_choice.h"
#include "acme_core/engine/challenge_solvers.h"
#include "acme_core/engine/name_verdicts.h"
#include "acme_core/engine/plan.h"
#include "acme_core/env/clock.h"
#include "acme_core/env/log.h"
#include "acme_core/protocol/client.h"
#include "acme_core/storage/store.h"

namespace acme {

/// What a flow works with; all of it outlives the flow.
struct OrderFlowContext {
  Client& client;
  Store& store;  ///< of the issuer that is asked: its orders
  ChallengeSolvers& solvers;
  ChallengeChoice& choice;
  Clock& clock;
  const IssuerSpec& issuer;
  const CertificateSpec& spec;
  const EventLog& log;
  /// Of the listeners that answer HTTP-01; nullptr: the CA is asked without it.
  const Http01SelfCheck* self_check = nullptr;
  /// The certificate in use: its key is kept with "reuse_key". May be nullptr.
  const StoredCertificate* current = nullptr;
  /// The certificate that the order is to replace (RFC 9773 section 5), as
  /// CertificateChain::renewal_id(); empty: none.
  std::string replaces = {};
  /// Storage names of other certificates for the same names: their orders look
  /// like ours.
  std::vector<std::string> twins = {};
  /// Learns which names were proved and which failed; may be nullptr.
  NameVerdicts* verdicts = nullptr;
  /// Called before the CA is asked for an order, with whether that order names
  /// the one it replaces.
  std::function<void(bool replaces)> about_to_order = [](bool) {};
  /// Called before another order is opened because a challenge failed for the
  /// names: whether that may be done now.
  std::function<bool(const std::vector<std::string>& names)> may_order_again =
      [](const std::vector<std::string>&) { return true; };
};

/// Obtains a certificate for `spec` and returns it, checked, but not stored: an
/// order the store remembers is resumed, otherwise a new one is opened. Its key
/// is on disk before the CA is asked for an order, its URL before the CA is
/// asked for anything else. When a challenge fails for a name, another one is
/// tried, in a new order if need be. The caller saves the certificate and then
/// forgets the order (Store::remove_order()).
/// Throws Error; an order that can still succeed stays remembered.
[[nodiscard]] StoredCertificate obtain_certificate(
    const OrderFlowContext& context, std::stop_token stop);

}  // namespace acme
