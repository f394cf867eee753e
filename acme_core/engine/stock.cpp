// SPDX-License-Identifier: BSD-2-Clause
// The certificates there are.
#include "acme_core/engine/stock.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "acme_core/storage/fitness.h"

namespace acme {

void Stock::add(StockItem item) {
  const std::size_t index = items_.size();
  for (const std::string& name : item.facts.identifiers) {
    by_name_[name].push_back(index);
  }
  by_serial_.try_emplace(item.facts.serial, index);
  items_.push_back(std::move(item));
}

void Stock::add_directory(std::size_t source, Store& store,
                          const std::string& directory,
                          const IssuerSpec& issuer,
                          const std::set<std::string>& known) {
  for (const std::string& name : store.certificate_names()) {
    if (known.contains(name)) {
      continue;
    }
    auto document = store.describe_certificate(name);
    const auto not_after =
        document ? parse_rfc3339(document->facts.not_after) : std::nullopt;
    if (!not_after) {
      continue;
    }
    CertificateRecord& record = document->record;
    if (record.issuer.empty()) {
      record.issuer = issuer.name;
    }
    if (record.issuer == issuer.name) {
      record.ordered_with.try_emplace("directory", issuer.directory_url);
    }
    add({.source = source,
         .directory = directory,
         .name = name,
         .facts = std::move(document->facts),
         .not_after = *not_after,
         .record = std::move(record)});
  }
}

std::vector<const StockItem*> Stock::candidates(const CertificateSpec& spec,
                                                const Plan& plan,
                                                TimePoint now) const {
  std::map<std::size_t, std::size_t> covered;  // how many names, by item
  for (const Identifier& identifier : spec.identifiers) {
    std::set<std::size_t> items;
    const auto collect = [&](const std::string& name) {
      if (const auto found = by_name_.find(name); found != by_name_.end()) {
        items.insert(found->second.begin(), found->second.end());
      }
    };
    collect(identifier.value);
    const std::size_t dot = identifier.value.find('.');
    if (dot != std::string::npos) {
      collect("*" + identifier.value.substr(dot));
    }
    for (const std::size_t item : items) {
      covered[item] += is_covered(identifier, items_[item].facts.identifiers);
    }
  }
  const std::string& wished = plan.issuers[spec.issuer()].directory_url;
  // The serial number decides the same wherever a pair is found.
  using Rank =
      std::tuple<bool, std::size_t, bool, bool, TimePoint, std::string>;
  std::vector<std::pair<Rank, const StockItem*>> ranked;
  for (const auto& [index, count] : covered) {
    const StockItem& item = items_[index];
    const auto directory = item.record.ordered_with.find("directory");
    if (count != 0) {
      ranked.emplace_back(Rank{item.not_after > now, count,
                               directory != item.record.ordered_with.end() &&
                                   directory->second == wished,
                               item.facts.key == to_string(spec.key_type),
                               item.not_after, item.facts.serial},
                          &item);
    }
  }
  std::stable_sort(
      ranked.begin(), ranked.end(),
      [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<const StockItem*> best;
  for (const auto& [rank, item] : ranked) {
    best.push_back(item);
  }
  return best;
}

const StockItem* Stock::find(const CertificateChain& chain) const {
  const auto found = by_serial_.find(chain.serial());
  if (found == by_serial_.end()) {
    return nullptr;
  }
  // CAs may have the same serial numbers.
  const StockItem& item = items_[found->second];
  return item.facts.identifiers == names_of(chain) ? &item : nullptr;
}

std::vector<IssuerSpec> other_sources(const Plan& plan) {
  std::vector<IssuerSpec> sources = plan.former_issuers;
  const auto add_archive = [&](const IssuerSpec& issuer) {
    if (!issuer.state_path.empty() && !issuer.dry_run) {
      IssuerSpec archive;
      archive.name = issuer.name;
      archive.directory_url = issuer.directory_url;
      archive.state_path = issuer.state_path + "/archive";
      sources.push_back(std::move(archive));
    }
  };
  std::for_each(plan.issuers.begin(), plan.issuers.end(), add_archive);
  return sources;
}

}  // namespace acme
