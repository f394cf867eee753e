// SPDX-License-Identifier: BSD-2-Clause
// Certificates that are served for want of the ones the configuration wishes,
// and where they come from.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "acme_core/engine/engine_environment.h"
#include "acme_core/engine/issuer_session.h"
#include "acme_core/engine/plan.h"
#include "acme_core/engine/stock.h"

namespace acme {

struct StandIn {
  StoredCertificate certificate;
  CertificateRecord record;  ///< `taken_from` says where it is from
};

/// The state directories are looked through once, when the first certificate is
/// missing. Changes nothing in them. Thread-safe.
class StandIns {
 public:
  /// All outlive the object.
  StandIns(const Plan& plan, EngineEnvironment& environment,
           const IssuerSessions& sessions)
      : plan_(plan), environment_(environment), sessions_(sessions) {}

  /// The best of what is stored anywhere for the certificate.
  [[nodiscard]] std::optional<StandIn> find(std::size_t certificate);

  /// What is written down about a certificate that somebody else chose; a
  /// record without issuer when nothing is.
  [[nodiscard]] CertificateRecord origin_of(const CertificateChain& chain);

 private:
  struct Source {
    std::unique_ptr<Store> own;  ///< nullptr: a session's
    Store& store;
  };

  /// Call with mutex_ held.
  const Stock& stock();
  void add_source(Source source, const std::string& directory,
                  const IssuerSpec& issuer);

  const Plan& plan_;
  EngineEnvironment& environment_;
  const IssuerSessions& sessions_;
  std::mutex mutex_;  ///< guards what follows
  std::vector<Source> sources_;
  std::optional<Stock> stock_;
};

}  // namespace acme
