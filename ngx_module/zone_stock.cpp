// SPDX-License-Identifier: BSD-2-Clause
// What stands in for certificates that are not there: a configuration that
// changed takes nothing out of service.
#include <algorithm>
#include <charconv>
#include <memory>
#include <set>
#include <string>
#include <unordered_set>
#include <utility>

#include "acme_core/engine/fitness.h"
#include "acme_core/engine/stock.h"
#include "acme_core/env/clock.h"
#include "acme_core/env/file_system.h"
#include "acme_core/storage/sealed_file_system.h"
#include "ngx_module/shared_zone.h"
#include "ngx_module/slab.h"

namespace ngx_acme {
namespace {

// Where a pair may be: a zone, or a state directory.
struct Source {
  const SharedZone* zone = nullptr;
  std::unique_ptr<acme::FileSystem> files = nullptr;
  std::unique_ptr<acme::FileStore> store = nullptr;

  [[nodiscard]] std::optional<acme::StoredCertificate> load(
      const std::string& name) const {
    if (zone == nullptr) {
      return std::move(store->load_certificate(name).value);
    }
    std::size_t index = 0;
    std::from_chars(name.data(), name.data() + name.size(), index);
    return zone->certificate(index);
  }
};

// As files are called there.
const std::string& directory_of(const acme::IssuerSpec& issuer) {
  return issuer.rehearsal ? issuer.rehearsal->state_path : issuer.state_path;
}

}  // namespace

// The leaf alone is looked at, and by the names alone it is chosen.
void SharedZone::add_to(acme::Stock& stock, std::size_t source,
                        const std::unordered_set<std::string>& without) const {
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    std::optional<CopiedPair> pair =
        without.contains(keys_[i]) ? std::nullopt : copy_pair(i);
    if (!pair) {
      continue;
    }
    pair->chain.resize(1);
    const auto leaf = acme::CertificateChain::from_der(pair->chain);
    if (!leaf) {
      continue;
    }
    const acme::CertificateSpec& spec = plan_.certificates[i];
    const acme::IssuerSpec& issuer = plan_.issuers[spec.issuer()];
    acme::StockItem item{.source = source,
                         .directory = {},
                         .name = std::to_string(i),
                         .facts = {},
                         .not_after = leaf->not_after(),
                         .record = {}};
    item.facts.identifiers = acme::names_of(*leaf);
    item.facts.serial = leaf->serial();
    item.facts.key = to_string(spec.key_type);
    item.record.ordered_with["directory"] = issuer.directory_url;
    stock.add(std::move(item));
  }
}

// What stood in before may have expired since.
bool SharedZone::is_expired_stand_in(std::size_t index,
                                     acme::TimePoint now) const {
  if (!is_stand_in(index)) {
    return false;
  }
  std::optional<CopiedPair> pair = copy_pair(index);
  if (!pair) {
    return false;
  }
  pair->chain.resize(1);
  const auto leaf = acme::CertificateChain::from_der(pair->chain);
  return leaf && leaf->not_after() <= now;
}

void SharedZone::stand_in(const SharedZone* previous, ngx_log_t* log) {
  const acme::TimePoint now = acme::SystemClock().now();
  std::vector<std::size_t> missing;
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    if (generation(i) == 0 || expired_.contains(i) ||
        is_expired_stand_in(i, now)) {
      missing.push_back(i);
    }
  }
  if (missing.empty()) {
    return;
  }
  acme::Stock stock;
  std::vector<Source> sources;
  sources.push_back({.zone = this});
  add_to(stock, 0, {});
  if (previous != nullptr) {
    sources.push_back({.zone = previous});
    previous->add_to(stock, 1, {keys_.begin(), keys_.end()});
  }
  const auto has_whole = [&](std::size_t index) {
    const acme::CertificateSpec& spec = plan_.certificates[index];
    const auto found = stock.candidates(spec, plan_, now);
    return !found.empty() && found.front()->not_after > now &&
           acme::uncovered(spec, found.front()->facts.identifiers).empty();
  };
  if (!std::all_of(missing.begin(), missing.end(), has_whole)) {
    // Those that were found under their own names are in the zone.
    std::vector<acme::IssuerSpec> directories;
    for (const acme::IssuerSpec& issuer : plan_.issuers) {
      directories.emplace_back();
      directories.back().name =
          issuer.rehearsal ? issuer.rehearsal->issuer : issuer.name;
      directories.back().directory_url = issuer.directory_url;
      directories.back().state_path = directory_of(issuer);
    }
    for (acme::IssuerSpec& other : acme::other_sources(plan_)) {
      directories.push_back(std::move(other));
    }
    std::set<std::string> looked_at;
    for (const acme::IssuerSpec& directory : directories) {
      if (directory.state_path.empty() ||
          !looked_at.insert(directory.state_path).second) {
        continue;
      }
      std::set<std::string> known;
      for (std::size_t i = 0; i < keys_.size(); ++i) {
        const acme::CertificateSpec& spec = plan_.certificates[i];
        if (generation(i) != 0 && directory_of(plan_.issuers[spec.issuer()]) ==
                                      directory.state_path) {
          known.insert(spec.storage_name());
        }
      }
      Source source;
      source.files =
          acme::open_state_directory(directory.state_path, plan_.state_keys);
      source.store = std::make_unique<acme::FileStore>(
          *source.files, acme::FileStore::Access::kReadOnly);
      sources.push_back(std::move(source));
      try {
        stock.add_directory(sources.size() - 1, *sources.back().store,
                            directory.state_path, directory, known);
      } catch (const acme::Error&) {
        // There may be no such directory; the helper looks once more.
      }
    }
  }
  for (const std::size_t index : missing) {
    const acme::CertificateSpec& spec = plan_.certificates[index];
    for (const acme::StockItem* item : stock.candidates(spec, plan_, now)) {
      if (generation(index) != 0 && item->not_after <= now) {
        break;  // it would be no better
      }
      try {
        const auto pair = sources[item->source].load(item->name);
        if (pair && acme::why_unusable(*pair, spec).empty()) {
          put_certificate(index, *pair);
          const SlabLock lock(pool_);
          table_->mark_stand_in_locked(index);
          break;
        }
      } catch (const acme::Error& error) {
        ngx_log_error(NGX_LOG_ERR, log, 0, "acme: %s", error.what());
      }
    }
  }
}

}  // namespace ngx_acme
