// SPDX-License-Identifier: BSD-2-Clause
// One certificate from order to download, as RFC 8555 section 7.4 tells it.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "acme_core/challenge/http01_self_check.h"
#include "acme_core/challenge/solver.h"
#include "acme_core/engine/plan.h"
#include "acme_core/env/clock.h"
#include "acme_core/env/log.h"
#include "acme_core/protocol/client.h"
#include "acme_core/storage/store.h"
#include "acme_core/storage/verified_pair.h"

namespace acme {

/// What a flow works with; all of it outlives the flow.
struct OrderFlowContext {
  Client& client;
  Store& store;  ///< of the issuer that is asked: its orders
  ChallengeSolver& solver;
  Clock& clock;
  const IssuerSpec& issuer;
  const CertificateSpec& spec;
  const EventLog& log;
  /// Of the listeners that the solver answers through; nullptr: the CA is
  /// asked without it.
  const Http01SelfCheck* self_check = nullptr;
  /// The certificate in use: its key is kept with "reuse_key". May be nullptr.
  const StoredCertificate* current = nullptr;
  /// The certificate that the order is to replace (RFC 9773 section 5), as
  /// CertificateChain::renewal_id(); empty: none.
  std::string replaces = {};
  /// Storage names of other certificates for the same names: their orders look
  /// like ours.
  std::vector<std::string> twins = {};
  /// Called before the CA is asked for an order, with whether that order names
  /// the one it replaces.
  std::function<void(bool replaces)> about_to_order = [](bool) {};
};

/// Obtains a certificate for `spec` and returns it, checked, but not stored: an
/// order the store remembers is resumed, otherwise a new one is opened. Its key
/// is on disk before the CA is asked for an order, its URL before the CA is
/// asked for anything else. The caller saves the certificate and then forgets
/// the order (Store::remove_order()).
/// Throws Error; an order that can still succeed stays remembered.
[[nodiscard]] StoredCertificate obtain_certificate(
    const OrderFlowContext& context, std::stop_token stop);

/// Why the certificate must not be served for `spec`, or "". Also guards
/// certificates read from disk. One that has expired is better than none: by
/// its visitor's clock it may be good.
[[nodiscard]] std::string why_unfit(const StoredCertificate& certificate,
                                    const CertificateSpec& spec);

/// The same for a pair that was found good once, by what is known of it.
[[nodiscard]] bool is_fit(const VerifiedPair& pair,
                          const CertificateSpec& spec);

}  // namespace acme
