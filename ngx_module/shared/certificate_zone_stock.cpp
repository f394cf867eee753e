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

#include "acme_core/engine/stock.h"
#include "acme_core/env/clock.h"
#include "acme_core/env/file_system.h"
#include "acme_core/storage/fitness.h"
#include "acme_core/storage/sealed_file_system.h"
#include "ngx_module/nginx/slab.h"
#include "ngx_module/shared/certificate_zone.h"

namespace ngx_acme {
namespace {

// As files are called there.
const std::string& directory_of(const acme::IssuerSpec& issuer) {
  return issuer.dry_run ? issuer.dry_run->state_path : issuer.state_path;
}

}  // namespace

std::optional<acme::CertificateChain> CertificateZone::leaf(
    std::size_t index) const {
  std::optional<CopiedPair> pair = copy_pair(index);
  if (!pair) {
    return std::nullopt;
  }
  pair->chain.resize(1);
  return acme::CertificateChain::from_der(pair->chain);
}

// The leaf alone is looked at, and by the names alone it is chosen.
void CertificateZone::add_to(
    acme::Stock& stock, std::size_t source,
    const std::unordered_set<std::string>& without) const {
  for (std::size_t i = 0; i < keys_.size() + most_spares_; ++i) {
    const bool is_spare = i >= keys_.size();
    if (is_spare && generation(i) == 0) {
      break;
    }
    const auto found =
        !is_spare && without.contains(keys_[i]) ? std::nullopt : leaf(i);
    if (!found) {
      continue;
    }
    acme::StockItem item{.source = source,
                         .directory = {},
                         .name = std::to_string(i),
                         .facts = {},
                         .not_after = found->not_after(),
                         .record = {}};
    item.facts.identifiers = acme::names_of(*found);
    item.facts.serial = found->serial();
    if (!is_spare) {
      const acme::CertificateSpec& spec = plan_.certificates[i];
      item.facts.key = to_string(spec.key_type);
      item.record.ordered_with["directory"] =
          plan_.issuers[spec.issuer()].directory_url;
    }
    stock.add(std::move(item));
  }
}

std::vector<std::size_t> CertificateZone::lacking_names() const {
  std::vector<std::size_t> lacking;
  const SlabLock lock(pool_);
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    if (table_->lacks_names_locked(i)) {
      lacking.push_back(i);
    }
  }
  return lacking;
}

std::vector<std::string> CertificateZone::missing_names(
    std::size_t index) const {
  const auto found = leaf(index);
  return found ? acme::uncovered(plan_.certificates[index].identifiers,
                                 acme::names_of(*found))
               : std::vector<std::string>();
}

// What stood in before may have expired since.
bool CertificateZone::is_expired_stand_in(std::size_t index,
                                          acme::TimePoint now) const {
  const auto found = is_stand_in(index) ? leaf(index) : std::nullopt;
  return found && found->not_after() <= now;
}

// Where there is something to choose from. Directories are looked through only
// when zones do not have it.
class CertificateZone::Search {
 public:
  Search(CertificateZone& zone, const CertificateZone* previous, ngx_log_t* log)
      : zone_(zone), log_(log) {
    sources_.push_back({.zone = &zone});
    zone.add_to(stock_, 0, {});
    if (previous != nullptr) {
      sources_.push_back({.zone = previous});
      previous->add_to(stock_, 1, {zone.keys_.begin(), zone.keys_.end()});
    }
  }

  /// Whether zones have one for all names, with time left.
  [[nodiscard]] bool has_whole(const acme::CertificateSpec& spec) const {
    const auto found = stock_.candidates(spec, zone_.plan_, now_);
    return !found.empty() && found.front()->not_after > now_ &&
           acme::uncovered(spec.identifiers, found.front()->facts.identifiers)
               .empty();
  }

  void look_into_directories() {
    if (std::exchange(has_directories_, true)) {
      return;
    }
    std::set<std::string> looked_at;
    for (const acme::IssuerSpec& directory : directories()) {
      if (!directory.state_path.empty() &&
          looked_at.insert(directory.state_path).second) {
        add(directory);
      }
    }
  }

  /// The best that can be loaded, with time left unless `may_be_over`.
  [[nodiscard]] std::optional<acme::StoredCertificate> best(
      const acme::CertificateSpec& spec, bool may_be_over) {
    for (const acme::StockItem* item :
         stock_.candidates(spec, zone_.plan_, now_)) {
      if (!may_be_over && item->not_after <= now_) {
        break;
      }
      try {
        auto pair = sources_[item->source].load(item->name);
        if (pair && acme::why_unusable(*pair, spec.identifiers).empty()) {
          return pair;
        }
      } catch (const acme::Error& error) {
        ngx_log_error(NGX_LOG_ERR, log_, 0, "acme: %s", error.what());
      }
    }
    return std::nullopt;
  }

 private:
  // Where a pair may be: a zone, or a state directory.
  struct Source {
    const CertificateZone* zone = nullptr;
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

  [[nodiscard]] std::vector<acme::IssuerSpec> directories() const {
    std::vector<acme::IssuerSpec> found;
    for (const acme::IssuerSpec& issuer : zone_.plan_.issuers) {
      found.emplace_back();
      found.back().name = issuer.dry_run ? issuer.dry_run->issuer : issuer.name;
      found.back().directory_url = issuer.directory_url;
      found.back().state_path = directory_of(issuer);
    }
    for (acme::IssuerSpec& other : acme::other_sources(zone_.plan_)) {
      found.push_back(std::move(other));
    }
    return found;
  }

  void add(const acme::IssuerSpec& directory) {
    // Those that were found under their own names are in the zone.
    std::set<std::string> known;
    for (std::size_t i = 0; i < zone_.keys_.size(); ++i) {
      const acme::CertificateSpec& spec = zone_.plan_.certificates[i];
      if (zone_.generation(i) != 0 &&
          directory_of(zone_.plan_.issuers[spec.issuer()]) ==
              directory.state_path) {
        known.insert(spec.storage_name());
      }
    }
    Source source;
    source.files = acme::open_state_directory(directory.state_path,
                                              zone_.plan_.state_keys);
    source.store = std::make_unique<acme::FileStore>(
        *source.files, acme::FileStore::Access::kReadOnly);
    sources_.push_back(std::move(source));
    try {
      stock_.add_directory(sources_.size() - 1, *sources_.back().store,
                           directory.state_path, directory, known);
    } catch (const acme::Error&) {
      // There may be no such directory; the helper looks once more.
    }
  }

  CertificateZone& zone_;
  ngx_log_t* log_;
  const acme::TimePoint now_ = acme::SystemClock().now();
  acme::Stock stock_;
  std::vector<Source> sources_;
  bool has_directories_ = false;
};

void CertificateZone::stand_in(const CertificateZone* previous,
                               ngx_log_t* log) {
  const acme::TimePoint now = acme::SystemClock().now();
  std::vector<std::size_t> missing;
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    if (generation(i) == 0 || expired_.contains(i) ||
        is_expired_stand_in(i, now)) {
      missing.push_back(i);
    }
  }
  if (missing.empty() && lacking_names().empty()) {
    return;
  }
  Search search(*this, previous, log);
  if (!std::all_of(missing.begin(), missing.end(), [&](std::size_t index) {
        return search.has_whole(plan_.certificates[index]);
      })) {
    search.look_into_directories();
  }
  for (const std::size_t index : missing) {
    const auto pair =
        search.best(plan_.certificates[index], generation(index) == 0);
    if (pair) {
      try {
        put_certificate(index, *pair);
        const SlabLock lock(pool_);
        table_->mark_stand_in_locked(index);
      } catch (const acme::Error& error) {
        ngx_log_error(NGX_LOG_ERR, log, 0, "acme: %s", error.what());
      }
    }
  }
  help_out(search, log);
}

// One pair is all that a certificate has. What it lacks and another one has,
// which was served until now, is not taken out of service for that.
void CertificateZone::help_out(Search& search, ngx_log_t* log) {
  std::set<std::string> chosen;
  for (const std::size_t index : lacking_names()) {
    const acme::CertificateSpec& spec = plan_.certificates[index];
    for (const std::string& name : missing_names(index)) {
      acme::CertificateSpec wanted = spec;
      std::erase_if(wanted.identifiers, [&](const acme::Identifier& each) {
        return each.value != name;
      });
      if (!search.has_whole(wanted)) {
        search.look_into_directories();
      }
      const auto pair = search.best(wanted, false);
      if (!pair || chosen.size() == most_spares_ ||
          !chosen.insert(pair->chain.serial()).second) {
        continue;
      }
      try {
        put_spare(chosen.size() - 1, *pair);
      } catch (const acme::Error& error) {
        ngx_log_error(NGX_LOG_ERR, log, 0, "acme: %s", error.what());
        return;
      }
    }
  }
}

}  // namespace ngx_acme
