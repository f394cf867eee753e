// SPDX-License-Identifier: BSD-2-Clause
// Live answers to challenges in shared memory.
#include "ngx_module/shared/challenge_zone.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <new>

#include "acme_core/ascii.h"
#include "acme_core/crypto/base64url.h"
#include "acme_core/error.h"
#include "ngx_module/nginx/ngx_types.h"
#include "ngx_module/nginx/slab.h"
#include "ngx_module/nginx/steady_seconds.h"
#include "ngx_module/shared/challenge_key.h"
#include "ngx_module/shared/challenge_zone_size.h"
#include "ngx_module/shared/running_zone.h"

namespace ngx_acme {
namespace {

// The parts in a row; an empty string when the pool has no room.
ngx_str_t copied(ngx_pool_t* pool,
                 std::initializer_list<std::string_view> parts) noexcept {
  std::size_t size = 0;
  for (const std::string_view part : parts) {
    size += part.size();
  }
  auto* text = static_cast<u_char*>(ngx_pnalloc(pool, size));
  if (text == nullptr) {
    return {};
  }
  u_char* end = text;
  for (const std::string_view part : parts) {
    end += part.copy(reinterpret_cast<char*>(end), part.size());
  }
  return {size, text};
}

// As the tables have it: in lower case, without a trailing dot. Makes no copy
// on the heap.
class DnsName {
 public:
  explicit DnsName(std::string_view fqdn) noexcept
      : size_(std::min(fqdn.size(), text_.size())) {
    std::transform(fqdn.begin(), fqdn.begin() + size_, text_.begin(),
                   acme::to_lower);
    size_ -= value().ends_with('.') ? 1 : 0;
  }

  [[nodiscard]] std::string_view value() const noexcept {
    return {text_.data(), size_};
  }

 private:
  std::array<char, 256> text_;
  std::size_t size_;
};

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

ChallengeZone::ChallengeZone(const acme::Plan& plan, std::string name,
                             bool any_host)
    : name_(std::move(name)),
      options_{.stateless = has_stateless_issuer(plan),
               .stateless_hosts = stateless_hosts(plan),
               .any_host = any_host,
               .tls_alpn = plan.uses(acme::ChallengeType::kTlsAlpn01),
               .size = challenge_zone_size(plan)} {}

void ChallengeZone::request(ngx_conf_t* cf) {
  ngx_str_t name = borrow(name_);
  // nginx passes it on when the size is the same.
  const ngx_shm_zone_t* running = find_previous();
  const std::size_t size =
      std::max(options_.size, running == nullptr ? 0 : running->shm.size);
  ngx_shm_zone_t* zone =
      ngx_shared_memory_add(cf, &name, size, &ngx_http_acme_module);
  if (zone == nullptr) {
    throw std::bad_alloc();
  }
  zone->init = initialize;
  zone->data = this;
}

ngx_int_t ChallengeZone::initialize(ngx_shm_zone_t* zone,
                                    void* previous) noexcept {
  auto& self = *static_cast<ChallengeZone*>(zone->data);
  self.pool_ = reinterpret_cast<ngx_slab_pool_t*>(zone->shm.addr);
  if (previous != nullptr) {
    self.table_ = static_cast<ChallengeTable*>(self.pool_->data);
    const auto& before = *static_cast<const ChallengeZone*>(previous);
    self.new_to_old_workers_ =
        self.options_.tls_alpn && !before.options_.tls_alpn;
    return NGX_OK;
  }
  self.new_to_old_workers_ =
      !ngx_is_init_cycle(const_cast<const ngx_cycle_t*>(ngx_cycle));
  self.pool_->log_nomem = 0;
  void* memory = ngx_slab_calloc(self.pool_, sizeof(ChallengeTable));
  if (memory == nullptr) {
    return NGX_ERROR;
  }
  self.table_ = static_cast<ChallengeTable*>(memory);
  self.pool_->data = memory;
  if (const ngx_shm_zone_t* smaller = self.find_previous();
      smaller != nullptr && smaller->shm.addr != zone->shm.addr) {
    self.take_over(*static_cast<const ChallengeZone*>(smaller->data));
  }
  return NGX_OK;
}

ngx_shm_zone_t* ChallengeZone::find_previous() const noexcept {
  return find_running_zone(initialize, name_, this);
}

// What does not fit is put anew by the helper that resumes the orders.
void ChallengeZone::take_over(const ChallengeZone& previous) noexcept {
  if (previous.table_ == nullptr) {
    return;
  }
  const SlabLock own(pool_);
  const SlabLock theirs(previous.pool_);
  const ChallengeTable& old = *previous.table_;
  const std::uint32_t size =
      old.thumbprint_size.load(std::memory_order_relaxed);
  std::copy_n(old.thumbprint, size, table_->thumbprint);
  table_->thumbprint_size.store(size, std::memory_order_release);
  try {
    table_->http.take_over_locked(pool_, old.http);
    table_->tls_alpn.take_over_locked(pool_, old.tls_alpn);
    table_->dns.take_over_locked(pool_, old.dns);
  } catch (const std::exception& error) {
    ngx_log_error(NGX_LOG_INFO, ngx_cycle->log, 0, "acme: %s", error.what());
  }
}

void ChallengeZone::put_challenge(const acme::Identifier& identifier,
                                  std::string_view token,
                                  std::string_view key_authorization) {
  const ChallengeKey key(token, identifier.value);
  if (key.value().empty()) {
    throw acme::Error(acme::ErrorKind::kPermanent,
                      "a challenge is too large to be answered");
  }
  const SlabLock lock(pool_);
  table_->put_locked(pool_, [&] {
    table_->http.put_locked(pool_, key.value(), key_authorization);
  });
  if (options_.any_host) {
    try {
      table_->put_locked(pool_, [&] {
        table_->http.put_locked(pool_, ChallengeKey(token, {}).value(),
                                key_authorization);
      });
    } catch (...) {
      table_->http.remove_locked(key.value());
      throw;
    }
  }
}

void ChallengeZone::remove_challenge(const acme::Identifier& identifier,
                                     std::string_view token) noexcept {
  const SlabLock lock(pool_);
  table_->http.remove_locked(ChallengeKey(token, identifier.value).value());
  if (options_.any_host) {
    table_->http.remove_locked(ChallengeKey(token, {}).value());
  }
}

void ChallengeZone::put_tls_alpn(std::string_view server_name,
                                 std::span<const std::uint8_t> certificate_der,
                                 std::span<const std::uint8_t> key_der) {
  acme::SecretBytes pair(certificate_der.begin(), certificate_der.end());
  pair.insert(pair.end(), key_der.begin(), key_der.end());
  const SlabLock lock(pool_);
  table_->put_locked(pool_, [&] {
    table_->tls_alpn.put_locked(
        pool_, server_name,
        {reinterpret_cast<const char*>(pair.data()), pair.size()});
  });
}

void ChallengeZone::remove_tls_alpn(std::string_view server_name) noexcept {
  const SlabLock lock(pool_);
  table_->tls_alpn.remove_locked(server_name);
}

acme::SecretBytes ChallengeZone::find_tls_alpn(
    std::string_view server_name) const {
  const SlabLock lock(pool_);
  const std::string_view pair =
      table_->tls_alpn.find_locked(server_name, steady_seconds());
  return {pair.begin(), pair.end()};
}

void ChallengeZone::put_txt(std::string_view fqdn, std::string_view value) {
  const DnsName name(fqdn);
  const SlabLock lock(pool_);
  table_->put_locked(
      pool_, [&] { table_->dns.put_locked(pool_, name.value(), value); });
}

void ChallengeZone::remove_txt(std::string_view fqdn,
                               std::string_view value) noexcept {
  const DnsName name(fqdn);
  const SlabLock lock(pool_);
  table_->dns.remove_locked(name.value(), value);
}

acme::DnsZones::Node ChallengeZone::find_txt(std::string_view name) const {
  if (table_->dns.empty()) {
    return {};
  }
  const SlabLock lock(pool_);
  return table_->dns.find_locked(name, steady_seconds());
}

void ChallengeZone::put_thumbprint(std::string_view thumbprint) {
  if (!thumbprint.empty() &&
      (thumbprint.size() > ChallengeTable::kLongestThumbprint ||
       !acme::is_token(thumbprint))) {
    throw acme::Error(
        acme::ErrorKind::kConfiguration,
        "no thumbprint of an account key: \"" + std::string(thumbprint) + "\"");
  }
  const SlabLock lock(pool_);
  thumbprint.copy(table_->thumbprint, thumbprint.size());
  table_->thumbprint_size.store(static_cast<std::uint32_t>(thumbprint.size()),
                                std::memory_order_release);
}

bool ChallengeZone::answers_any_token() const noexcept {
  return options_.stateless &&
         table_->thumbprint_size.load(std::memory_order_acquire) != 0;
}

bool ChallengeZone::answers_any_token_of(std::string_view host) const noexcept {
  return answers_any_token() &&
         (options_.any_host || options_.stateless_hosts.contains(host));
}

ngx_str_t ChallengeZone::find(std::string_view token, std::string_view host,
                              ngx_pool_t* pool) const noexcept {
  if (table_->http.empty() && !answers_any_token()) {
    return {};
  }
  const ChallengeHost asked(host);
  const ChallengeKey own(token, asked.value());
  const SlabLock lock(pool_);
  const std::int64_t now = steady_seconds();
  std::string_view answer = table_->http.find_locked(own.value(), now);
  if (answer.empty() && options_.any_host) {
    const ChallengeKey anyones(token, {});
    answer = table_->http.find_locked(anyones.value(), now);
  }
  if (!answer.empty()) {
    return copied(pool, {answer});
  }
  if (answers_any_token_of(asked.value())) {
    return copied(pool, {token,
                         ".",
                         {table_->thumbprint, table_->thumbprint_size.load(
                                                  std::memory_order_relaxed)}});
  }
  return {};
}

}  // namespace ngx_acme
