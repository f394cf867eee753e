// SPDX-License-Identifier: BSD-2-Clause
// The certificates there are, whoever they were made for, and which of them may
// stand in for one that is not there yet.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "acme_core/engine/plan.h"
#include "acme_core/storage/certificate_document.h"
#include "acme_core/storage/store.h"
#include "acme_core/time_point.h"

namespace acme {

/// One of them, as far as a choice has to know it: the pair itself is loaded
/// when it is chosen, and may turn out to be broken.
struct StockItem {
  std::size_t source = 0;  ///< the caller's number of where it is
  std::string directory;   ///< state directory
  std::string name;        ///< of its files
  CertificateFacts facts;
  TimePoint not_after;
  CertificateRecord record;

  [[nodiscard]] std::string path() const { return directory + "/" + name; }
};

class Stock {
 public:
  void add(StockItem item);

  /// What is in a state directory, but for the names in `known`. An issuer that
  /// is not known where it was issued had `issuer`'s directory by then. Throws
  /// Error(kTransient) when it cannot be looked through.
  void add_directory(std::size_t source, Store& store,
                     const std::string& directory, const IssuerSpec& issuer,
                     const std::set<std::string>& known = {});

  /// Those that cover at least one name of `spec`, best first: what has not
  /// expired before what has; what covers more names; what comes from the CA
  /// that is wished, what has the wished kind of key; what expires later.
  [[nodiscard]] std::vector<const StockItem*> candidates(
      const CertificateSpec& spec, const Plan& plan, TimePoint now) const;

  /// The one with that leaf, or nullptr.
  [[nodiscard]] const StockItem* find(const CertificateChain& chain) const;

 private:
  std::vector<StockItem> items_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_name_;
  std::unordered_map<std::string, std::size_t> by_serial_;
};

/// Directories beside those of the plan's issuers that may have something: of
/// issuers that were configured, and archives. Only name, directory_url and
/// state_path count.
[[nodiscard]] std::vector<IssuerSpec> other_sources(const Plan& plan);

}  // namespace acme
