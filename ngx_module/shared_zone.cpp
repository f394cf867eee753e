// SPDX-License-Identifier: BSD-2-Clause
// The shared memory between helper and workers.
#include "ngx_module/shared_zone.h"

#include <algorithm>
#include <bit>
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
#include "ngx_module/challenge_zone_size.h"
#include "ngx_module/ngx_guard.h"
#include "ngx_module/ngx_types.h"
#include "ngx_module/slab.h"

namespace ngx_acme {
namespace {

// What a leaf without its names takes at most, with three timestamps of
// transparency logs, and a P-256 key beside it; and what an RSA key adds to
// both, for each bit of its modulus. The figures of 2026's public CAs, rounded
// up.
constexpr std::size_t kEcdsaPair = 1'400;
constexpr std::size_t kRsaPair = 1'100;
constexpr double kRsaBytesPerBit = 0.8;
// A status response with its signer's certificate.
constexpr std::size_t kStaple = 2'000;
// Slab bookkeeping, the chains behind the leaves, and the largest new pair
// beside the old one.
constexpr std::size_t kBase = 256 * std::size_t{1024};

// Certificates that are larger than expected find room all the same, one in so
// many.
constexpr std::size_t kShareOfRoom = 4;

// What the slab takes for an allocation: powers of two up to half a page, whole
// pages above.
std::size_t slab_size(std::size_t bytes) {
  return bytes <= ngx_pagesize / 2 ? std::bit_ceil(bytes)
                                   : ngx_align(bytes, ngx_pagesize);
}

std::size_t pair_size(const acme::CertificateSpec& spec) {
  std::size_t bytes = kEcdsaPair;
  if (!acme::is_ecdsa(spec.key_type)) {
    bytes = kRsaPair + static_cast<std::size_t>(kRsaBytesPerBit *
                                                acme::key_bits(spec.key_type));
  }
  for (const acme::Identifier& identifier : spec.identifiers) {
    bytes += identifier.value.size() + 2;
  }
  return slab_size(bytes) + (spec.stapling ? slab_size(kStaple) : 0);
}

std::size_t pairs_size(const acme::Plan& plan) {
  std::size_t size = 0;
  for (const acme::CertificateSpec& spec : plan.certificates) {
    size += pair_size(spec);
  }
  return size;
}

// One for each name at most, and no more than anybody needs.
std::size_t most_spares(const acme::Plan& plan) {
  constexpr std::size_t kMost = 1000;
  std::size_t names = 0;
  for (const acme::CertificateSpec& spec : plan.certificates) {
    names += spec.identifiers.size();
  }
  return std::min(names, kMost);
}

std::size_t slots_size(const acme::Plan& plan) {
  return CertificateTable::size_for(plan.certificates.size() +
                                    most_spares(plan));
}

// A rehearsal serves what the issuer has issued that it stands in for.
const std::string& served_issuer(const acme::IssuerSpec& issuer) {
  return issuer.rehearsal ? issuer.rehearsal->issuer : issuer.name;
}

const std::string& served_state_path(const acme::IssuerSpec& issuer) {
  return issuer.rehearsal ? issuer.rehearsal->state_path : issuer.state_path;
}

bool has_stateless_issuer(const acme::Plan& plan) {
  return std::any_of(
      plan.issuers.begin(), plan.issuers.end(),
      [](const acme::IssuerSpec& issuer) { return issuer.stateless; });
}

// The names that a stateless issuer may be asked about.
NameSet stateless_hosts(const acme::Plan& plan) {
  NameSet hosts;
  for (const acme::CertificateSpec& spec : plan.certificates) {
    if (std::any_of(spec.issuers.begin(), spec.issuers.end(),
                    [&](std::size_t issuer) {
                      return plan.issuers[issuer].stateless;
                    })) {
      for (const acme::Identifier& identifier : spec.identifiers) {
        hosts.insert(identifier.value);
      }
    }
  }
  return hosts;
}

}  // namespace

SharedZone::SharedZone(const acme::Plan& plan, std::string name,
                       std::size_t size, bool any_host)
    : plan_(plan),
      challenges_(name + "_challenges",
                  {.stateless = has_stateless_issuer(plan),
                   .stateless_hosts = stateless_hosts(plan),
                   .any_host = any_host,
                   .tls_alpn = plan.uses(acme::ChallengeType::kTlsAlpn01),
                   .size = challenge_zone_size(plan)}),
      name_(std::move(name)),
      is_sized_by_plan_(size == 0),
      most_spares_(most_spares(plan)),
      size_(size != 0 ? size
                      : kBase + slots_size(plan) + pairs_size(plan) +
                            pairs_size(plan) / kShareOfRoom) {
  for (const acme::CertificateSpec& spec : plan.certificates) {
    const acme::IssuerSpec& issuer = plan.issuers[spec.issuer()];
    keys_.push_back(served_issuer(issuer) + "/" + spec.storage_name());
  }
}

std::size_t SharedZone::minimum_size(const acme::Plan& plan) {
  return 8 * ngx_pagesize + slots_size(plan) + pairs_size(plan);
}

void SharedZone::request(ngx_conf_t* cf) {
  const ngx_shm_zone_t* before = find_previous();
  if (before != nullptr && is_sized_by_plan_) {
    // The same certificates go on in the same memory. Others may be stood in
    // for by those before, whatever their size.
    const SharedZone& previous = of(*before);
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
  challenges_.request(cf);
}

ngx_int_t SharedZone::initialize(ngx_shm_zone_t* zone, void*) {
  auto& self = *static_cast<SharedZone*>(zone->data);
  return guarded<[](SharedZone* made, ngx_shm_zone_t* memory) -> ngx_int_t {
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
                 NGX_ERROR, SharedZone*, ngx_shm_zone_t*>(&self, zone);
}

// The zone of the running cycle, while the next one is being made. A module
// that was replaced on disk has another tag: its zone may be laid out
// differently and is left alone.
ngx_shm_zone_t* SharedZone::find_previous() noexcept {
  // ngx_cycle is volatile for the sake of its pointer; nobody changes the list.
  ngx_list_part_t* part =
      &const_cast<ngx_cycle_t*>(ngx_cycle)->shared_memory.part;
  for (; part != nullptr; part = part->next) {
    auto* zones = static_cast<ngx_shm_zone_t*>(part->elts);
    for (ngx_uint_t i = 0; i < part->nelts; ++i) {
      if (zones[i].tag == &ngx_http_acme_module &&
          zones[i].init == initialize) {
        return &zones[i];
      }
    }
  }
  return nullptr;
}

const SharedZone& SharedZone::of(const ngx_shm_zone_t& zone) noexcept {
  return *static_cast<const SharedZone*>(zone.data);
}

void SharedZone::make_table() {
  const SlabLock lock(pool_);
  const std::size_t size =
      CertificateTable::size_for(keys_.size() + most_spares_);
  table_ = static_cast<CertificateTable*>(
      allocate_locked(pool_, size, "the table of certificates", remedy()));
  std::memset(static_cast<void*>(table_), 0, size);
}

void SharedZone::copy_from(const SharedZone& previous) {
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
void SharedZone::load_stored(ngx_log_t* log) {
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
void SharedZone::load_stored_pair(acme::FileStore& store, std::size_t index,
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
void SharedZone::load_stored_staple(acme::FileStore& store, std::size_t index) {
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

bool SharedZone::is_stand_in(std::size_t index) const {
  const SlabLock lock(pool_);
  return table_->is_stand_in_locked(index);
}

std::string SharedZone::remedy() const {
  return "enlarge it: acme_shared_zone zone=" + name_ + ":" +
         std::to_string(2 * size_ / 1024) + "k;";
}

std::optional<CopiedPair> SharedZone::copy_pair(std::size_t index) const {
  const SlabLock lock(pool_);
  return table_->copy_locked(index);
}

std::string SharedZone::subject(std::size_t index) const {
  const acme::CertificateSpec& spec = plan_.certificates[index];
  const std::string which = plan_.distinctions()[index];
  return "issuer \"" + plan_.issuers[spec.issuer()].name +
         "\", certificate \"" + spec.name() + "\"" +
         (which.empty() ? which : " (" + which + ")");
}

void SharedZone::put(std::size_t index, const PackedPair& pair) {
  const SlabLock lock(pool_);
  table_->put_locked(pool_, index, pair, "certificate \"" + keys_[index] + "\"",
                     remedy());
}

void SharedZone::put_certificate(std::size_t index,
                                 const acme::StoredCertificate& certificate) {
  const acme::SecretBytes key = certificate.key.to_der();
  put(index, pack(certificate.chain.der(), key));
  mark_if_lacking(index, acme::names_of(certificate.chain));
}

void SharedZone::mark_if_lacking(std::size_t index,
                                 std::span<const std::string> names) {
  if (!acme::uncovered(plan_.certificates[index].identifiers, names).empty()) {
    const SlabLock lock(pool_);
    table_->mark_lacking_locked(index);
  }
}

void SharedZone::put_spare(std::size_t number,
                           const acme::StoredCertificate& pair) {
  const acme::SecretBytes key = pair.key.to_der();
  const SlabLock lock(pool_);
  table_->put_locked(pool_, keys_.size() + number, pack(pair.chain.der(), key),
                     "a spare certificate", remedy());
}

std::vector<CopiedPair> SharedZone::spares() const {
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

CopiedStaple SharedZone::copy_staple(std::size_t index) const {
  const SlabLock lock(pool_);
  return table_->copy_staple_locked(index);
}

bool SharedZone::put(std::size_t index, std::span<const std::uint8_t> leaf,
                     const CopiedStaple& staple) {
  const SlabLock lock(pool_);
  return table_->put_staple_locked(
      pool_, index, leaf, staple,
      "the status response of certificate \"" + keys_[index] + "\"", remedy());
}

bool SharedZone::put_staple(std::size_t index,
                            std::span<const std::uint8_t> leaf,
                            const acme::OcspStaple& staple) {
  const auto until =
      std::chrono::floor<std::chrono::seconds>(staple.valid_until);
  return put(index, leaf,
             {0, 0, until.time_since_epoch().count(), staple.response});
}

std::optional<acme::OcspStaple> SharedZone::staple(std::size_t index) const {
  CopiedStaple copied = copy_staple(index);
  if (copied.response.empty()) {
    return std::nullopt;
  }
  return acme::OcspStaple{
      std::move(copied.response),
      acme::TimePoint(std::chrono::seconds(copied.valid_until))};
}

std::optional<acme::StoredCertificate> SharedZone::certificate(
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

void SharedZone::put_challenge(const acme::Identifier& identifier,
                               std::string_view token,
                               std::string_view key_authorization) {
  challenges_.put_challenge(identifier, token, key_authorization);
}

void SharedZone::remove_challenge(const acme::Identifier& identifier,
                                  std::string_view token) noexcept {
  challenges_.remove_challenge(identifier, token);
}

void SharedZone::put_tls_alpn(std::string_view server_name,
                              std::span<const std::uint8_t> certificate_der,
                              std::span<const std::uint8_t> key_der) {
  challenges_.put_tls_alpn(server_name, certificate_der, key_der);
}

void SharedZone::remove_tls_alpn(std::string_view server_name) noexcept {
  challenges_.remove_tls_alpn(server_name);
}

void SharedZone::put_txt(std::string_view fqdn, std::string_view value) {
  challenges_.put_txt(fqdn, value);
}

void SharedZone::remove_txt(std::string_view fqdn,
                            std::string_view value) noexcept {
  challenges_.remove_txt(fqdn, value);
}

void SharedZone::put_thumbprint(std::string_view thumbprint) {
  challenges_.put_thumbprint(thumbprint);
}

}  // namespace ngx_acme
