// SPDX-License-Identifier: BSD-2-Clause
// The shared memory between helper and workers.
#include "ngx_module/shared/certificate_zone.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <new>
#include <unordered_map>
#include <utility>

#include "acme_core/crypto/ocsp.h"
#include "acme_core/env/clock.h"
#include "acme_core/env/file_system.h"
#include "acme_core/storage/file_store.h"
#include "acme_core/storage/fitness.h"
#include "acme_core/storage/sealed_file_system.h"
#include "ngx_module/nginx/ngx_guard.h"
#include "ngx_module/nginx/ngx_types.h"
#include "ngx_module/nginx/slab.h"
#include "ngx_module/shared/certificate_key.h"
#include "ngx_module/shared/certificate_zone_size.h"
#include "ngx_module/shared/running_zone.h"

namespace ngx_acme {
namespace {

// A dry run serves what the issuer has issued that it stands in for.
const std::string& served_state_path(const acme::IssuerSpec& issuer) {
  return issuer.dry_run ? issuer.dry_run->state_path : issuer.state_path;
}

}  // namespace

CertificateZone::CertificateZone(const acme::Plan& plan, std::string name,
                                 std::size_t size)
    : plan_(plan),
      name_(std::move(name)),
      is_sized_by_plan_(size == 0),
      most_spares_(most_spares(plan)),
      size_(size != 0 ? size : certificate_zone_size(plan)),
      keys_(certificate_keys(plan)) {}

void CertificateZone::request(ngx_conf_t* cf) {
  const ngx_shm_zone_t* before = find_previous();
  if (before != nullptr && is_sized_by_plan_) {
    // The same certificates go on in the same memory. Others may be stood in
    // for by those before, whatever their size.
    const CertificateZone& previous = of(*before);
    size_ = previous.keys_ == keys_ ? previous.size_
                                    : size_ + pairs_size(previous.plan_);
  }
  ngx_str_t name = borrow(name_);
  ngx_shm_zone_t* zone =
      ngx_shared_memory_add(cf, &name, size_, &ngx_http_acme_module);
  if (zone == nullptr) {
    throw std::bad_alloc();
  }
  zone->init = initialize;
  zone->data = this;
  if (ngx_shm_zone_t* previous = find_previous()) {
    // nginx asks the new zone whether it takes the old one's memory, and the
    // old one whether its memory is left alone.
    const bool is_ours = of(*previous).keys_ == keys_;
    zone->noreuse = is_ours ? 0 : 1;
    previous->noreuse = zone->noreuse;
  }
}

ngx_int_t CertificateZone::initialize(ngx_shm_zone_t* zone, void*) {
  auto& self = *static_cast<CertificateZone*>(zone->data);
  return guarded<[](CertificateZone* made,
                    ngx_shm_zone_t* memory) -> ngx_int_t {
    made->pool_ = reinterpret_cast<ngx_slab_pool_t*>(memory->shm.addr);
    const ngx_shm_zone_t* previous = find_previous();
    if (previous != nullptr && previous->shm.addr == memory->shm.addr) {
      made->table_ = of(*previous).table_;
      return NGX_OK;
    }
    // A full zone is reported by whoever could not publish, with a remedy.
    made->pool_->log_nomem = 0;
    made->make_table();
    if (ngx_test_config) {
      return NGX_OK;
    }
    if (previous != nullptr) {
      made->copy_from(of(*previous));
    }
    made->load_stored(memory->shm.log);
    made->stand_in(previous == nullptr ? nullptr : &of(*previous),
                   memory->shm.log);
    return NGX_OK;
  },
                 NGX_ERROR, CertificateZone*, ngx_shm_zone_t*>(&self, zone);
}

ngx_shm_zone_t* CertificateZone::find_previous() noexcept {
  return find_running_zone(initialize);
}

const CertificateZone& CertificateZone::of(
    const ngx_shm_zone_t& zone) noexcept {
  return *static_cast<const CertificateZone*>(zone.data);
}

void CertificateZone::make_table() {
  const SlabLock lock(pool_);
  const std::size_t size =
      CertificateTable::size_for(keys_.size() + most_spares_);
  table_ = static_cast<CertificateTable*>(
      allocate_locked(pool_, size, "the table of certificates", remedy()));
  std::memset(static_cast<void*>(table_), 0, size);
}

void CertificateZone::copy_from(const CertificateZone& previous) {
  std::unordered_map<std::string_view, std::size_t> old;
  for (std::size_t i = 0; i < previous.keys_.size(); ++i) {
    old.emplace(previous.keys_[i], i);
  }
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    const auto same = old.find(keys_[i]);
    const auto pair =
        same == old.end() ? std::nullopt : previous.copy_pair(same->second);
    if (!pair) {
      continue;
    }
    put(i, pack(pair->chain, pair->key));
    if (pair->is_stand_in || pair->lacks_names) {
      const SlabLock lock(pool_);
      if (pair->is_stand_in) {
        table_->mark_stand_in_locked(i);
      }
      if (pair->lacks_names) {
        table_->mark_lacking_locked(i);
      }
    }
    const CopiedStaple staple = previous.copy_staple(same->second);
    if (staple.pair == pair->generation && !staple.response.empty()) {
      put(i, pair->chain.front(), staple);
    }
  }
}

// So that the first handshake after a restart has its certificate.
void CertificateZone::load_stored(ngx_log_t* log) {
  for (std::size_t i = 0; i < plan_.issuers.size(); ++i) {
    const std::string& path = served_state_path(plan_.issuers[i]);
    if (path.empty()) {
      continue;
    }
    const auto files = acme::open_state_directory(path, plan_.state_keys);
    acme::FileStore store(*files, acme::FileStore::Access::kReadOnly);
    for (std::size_t index = 0; index < keys_.size(); ++index) {
      const acme::CertificateSpec& spec = plan_.certificates[index];
      if (spec.issuer() != i || generation(index) != 0) {
        continue;
      }
      try {
        load_stored_pair(store, index, spec.storage_name());
        if (generation(index) == 0 &&
            spec.former_storage_name() != spec.storage_name()) {
          load_stored_pair(store, index, spec.former_storage_name());
        }
        load_stored_staple(store, index);
      } catch (const acme::Error& error) {
        ngx_log_error(NGX_LOG_ERR, log, 0, "acme: %s", error.what());
        return;
      }
    }
  }
}

// One that was found good before and has not changed is taken as it is. It need
// not be all that is wished: what is better, the helper orders.
void CertificateZone::load_stored_pair(acme::FileStore& store,
                                       std::size_t index,
                                       const std::string& name) {
  const acme::CertificateSpec& spec = plan_.certificates[index];
  if (const auto verified = store.load_verified(name);
      verified &&
      acme::uncovered(spec.identifiers, verified->facts.identifiers).size() <
          spec.identifiers.size()) {
    put(index, pack(verified->chain, verified->key));
    mark_if_lacking(index, verified->facts.identifiers);
    const auto not_after = acme::parse_rfc3339(verified->facts.not_after);
    if (not_after && *not_after <= acme::SystemClock().now()) {
      expired_.insert(index);
    }
    return;
  }
  // What is wrong with a file is the helper's to say: it sets it aside.
  const acme::Loaded<acme::StoredCertificate> stored =
      store.load_certificate(name);
  if (stored.value &&
      acme::why_unusable(*stored.value, spec.identifiers).empty()) {
    put_certificate(index, *stored.value);
    if (stored.value->chain.not_after() <= acme::SystemClock().now()) {
      expired_.insert(index);
    }
  }
}

// What is old, or about another pair, is the helper's to replace.
void CertificateZone::load_stored_staple(acme::FileStore& store,
                                         std::size_t index) {
  const acme::CertificateSpec& spec = plan_.certificates[index];
  const std::optional<CopiedPair> pair =
      spec.stapling ? copy_pair(index) : std::nullopt;
  const auto chain =
      pair ? acme::CertificateChain::from_der(pair->chain) : std::nullopt;
  const auto question =
      chain ? acme::OcspQuestion::about(*chain, spec.stapling->issuers())
            : std::nullopt;
  if (!question) {
    return;
  }
  std::vector<std::uint8_t> response = store.load_staple(spec.storage_name());
  if (const auto reading = question->read(response, acme::SystemClock().now());
      reading.answer && reading.answer->status == acme::OcspStatus::kGood) {
    put_staple(index, pair->chain.front(),
               {std::move(response), reading.answer->next_update});
  }
}

bool CertificateZone::is_stand_in(std::size_t index) const {
  const SlabLock lock(pool_);
  return table_->is_stand_in_locked(index);
}

std::string CertificateZone::remedy() const {
  return "enlarge it: acme_shared_zone zone=" + name_ + ":" +
         std::to_string(2 * size_ / 1024) + "k;";
}

std::optional<CopiedPair> CertificateZone::copy_pair(std::size_t index) const {
  const SlabLock lock(pool_);
  return table_->copy_locked(index);
}

std::optional<CopiedChain> CertificateZone::copy_chain(
    std::size_t index) const {
  const SlabLock lock(pool_);
  return table_->copy_chain_locked(index);
}

std::size_t CertificateZone::free_size() const noexcept {
  return pool_->pfree * ngx_pagesize;
}

std::string CertificateZone::subject(std::size_t index) const {
  const acme::CertificateSpec& spec = plan_.certificates[index];
  const std::string which = plan_.distinctions()[index];
  return "issuer \"" + plan_.issuers[spec.issuer()].name +
         "\", certificate \"" + spec.name() + "\"" +
         (which.empty() ? which : " (" + which + ")");
}

void CertificateZone::put(std::size_t index, const PackedPair& pair) {
  const SlabLock lock(pool_);
  table_->put_locked(pool_, index, pair, "certificate \"" + keys_[index] + "\"",
                     remedy());
}

void CertificateZone::put_certificate(
    std::size_t index, const acme::StoredCertificate& certificate) {
  const acme::SecretBytes key = certificate.key.to_der();
  put(index, pack(certificate.chain.der(), key));
  mark_if_lacking(index, acme::names_of(certificate.chain));
}

void CertificateZone::mark_if_lacking(std::size_t index,
                                      std::span<const std::string> names) {
  if (!acme::uncovered(plan_.certificates[index].identifiers, names).empty()) {
    const SlabLock lock(pool_);
    table_->mark_lacking_locked(index);
  }
}

void CertificateZone::put_spare(std::size_t number,
                                const acme::StoredCertificate& pair) {
  const acme::SecretBytes key = pair.key.to_der();
  const SlabLock lock(pool_);
  table_->put_locked(pool_, keys_.size() + number, pack(pair.chain.der(), key),
                     "a spare certificate", remedy());
}

std::vector<CopiedPair> CertificateZone::spares() const {
  std::vector<CopiedPair> pairs;
  for (std::size_t i = 0; i < most_spares_; ++i) {
    std::optional<CopiedPair> pair = copy_pair(keys_.size() + i);
    if (!pair) {
      break;
    }
    pairs.push_back(std::move(*pair));
  }
  return pairs;
}

CopiedStaple CertificateZone::copy_staple(std::size_t index) const {
  const SlabLock lock(pool_);
  return table_->copy_staple_locked(index);
}

bool CertificateZone::put(std::size_t index, std::span<const std::uint8_t> leaf,
                          const CopiedStaple& staple) {
  const SlabLock lock(pool_);
  return table_->put_staple_locked(
      pool_, index, leaf, staple,
      "the status response of certificate \"" + keys_[index] + "\"", remedy());
}

bool CertificateZone::put_staple(std::size_t index,
                                 std::span<const std::uint8_t> leaf,
                                 const acme::OcspStaple& staple) {
  const auto until =
      std::chrono::floor<std::chrono::seconds>(staple.valid_until);
  return put(index, leaf,
             {0, 0, until.time_since_epoch().count(), staple.response});
}

std::optional<acme::OcspStaple> CertificateZone::staple(
    std::size_t index) const {
  CopiedStaple copied = copy_staple(index);
  if (copied.response.empty()) {
    return std::nullopt;
  }
  return acme::OcspStaple{
      std::move(copied.response),
      acme::TimePoint(std::chrono::seconds(copied.valid_until))};
}

std::optional<acme::StoredCertificate> CertificateZone::certificate(
    std::size_t index) const {
  const std::optional<CopiedPair> pair = copy_pair(index);
  if (!pair) {
    return std::nullopt;
  }
  auto chain = acme::CertificateChain::from_der(pair->chain);
  auto key = acme::PrivateKey::from_der(pair->key);
  if (!chain || !key) {
    return std::nullopt;
  }
  return acme::StoredCertificate{std::move(*chain), std::move(*key)};
}

}  // namespace ngx_acme
