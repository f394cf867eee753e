// SPDX-License-Identifier: BSD-2-Clause
// Certificates that are served for want of the ones the configuration wishes.
#include "acme_core/engine/stand_ins.h"

#include <string>
#include <utility>

#include "acme_core/storage/fitness.h"

namespace acme {
namespace {

// What a stand-in's record says: whose it is, and nothing of what was done for
// the certificate that it was made for.
CertificateRecord record_of(const StockItem& item) {
  CertificateRecord record;
  record.issuer = item.record.issuer;
  record.ordered_with = item.record.ordered_with;
  record.window = item.record.window;
  record.taken_from = item.path();
  return record;
}

}  // namespace

std::optional<StandIn> StandIns::find(std::size_t certificate) {
  const CertificateSpec& spec = plan_.certificates[certificate];
  const std::lock_guard lock(mutex_);
  for (const StockItem* item :
       stock().candidates(spec, plan_, environment_.clock.now())) {
    Loaded<StoredCertificate> loaded =
        sources_[item->source].store.load_certificate(item->name);
    if (loaded.value && why_unusable(*loaded.value, spec.identifiers).empty()) {
      return StandIn{std::move(*loaded.value), record_of(*item)};
    }
  }
  return std::nullopt;
}

CertificateRecord StandIns::origin_of(const CertificateChain& chain) {
  const std::lock_guard lock(mutex_);
  const StockItem* item = stock().find(chain);
  if (item != nullptr) {
    return record_of(*item);
  }
  CertificateRecord record;
  record.taken_from = "another configuration";
  return record;
}

const Stock& StandIns::stock() {
  if (!stock_) {
    stock_.emplace();
    for (const auto& session : sessions_) {
      if (!session->spec().dry_run) {
        add_source({.own = nullptr, .store = session->reader()},
                   session->store().place(), session->spec());
      }
    }
    for (const IssuerSpec& issuer : other_sources(plan_)) {
      std::unique_ptr<Store> own = environment_.open_state(issuer);
      Store& store = own->reader();
      add_source({.own = std::move(own), .store = store}, issuer.state_path,
                 issuer);
    }
  }
  return *stock_;
}

void StandIns::add_source(Source source, const std::string& directory,
                          const IssuerSpec& issuer) {
  sources_.push_back(std::move(source));
  try {
    stock_->add_directory(sources_.size() - 1, sources_.back().store, directory,
                          issuer);
  } catch (const Error& error) {
    // It may not exist, or no longer be ours: there is nothing to be had.
    EventLog(environment_.logger, issuer.name).debug(error.what());
  }
}

}  // namespace acme
