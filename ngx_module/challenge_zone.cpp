// SPDX-License-Identifier: BSD-2-Clause
// Live HTTP-01 answers in shared memory.
#include "ngx_module/challenge_zone.h"

#include <algorithm>
#include <cstring>
#include <ctime>
#include <functional>
#include <initializer_list>
#include <new>

#include "acme_core/crypto/base64url.h"
#include "acme_core/error.h"
#include "ngx_module/ngx_types.h"
#include "ngx_module/slab.h"

namespace ngx_acme {
namespace {

// Never changes, so that nginx passes the zone on: eight orders of a hundred
// names each have room many times over.
constexpr std::size_t kSize = 1024 * std::size_t{1024};
constexpr std::int64_t kLongestLife = 3600;  // no validation takes that long
constexpr std::int64_t kGrace = 60;

std::string_view token_of(const ChallengeEntry& entry) noexcept {
  return {reinterpret_cast<const char*>(&entry + 1), entry.token_size};
}

std::string_view answer_of(const ChallengeEntry& entry) noexcept {
  return {reinterpret_cast<const char*>(&entry + 1) + entry.token_size,
          entry.answer_size};
}

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

}  // namespace

void ChallengeZone::request(ngx_conf_t* cf) {
  ngx_str_t name = borrow(name_);
  ngx_shm_zone_t* zone =
      ngx_shared_memory_add(cf, &name, kSize, &ngx_http_acme_module);
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
  return NGX_OK;
}

// The link that points to the token's entry, or the null link at the end of its
// bucket.
ChallengeEntry** ChallengeZone::find_locked(
    std::string_view token) const noexcept {
  const std::size_t bucket =
      std::hash<std::string_view>{}(token) % ChallengeTable::kBuckets;
  ChallengeEntry** link = &table_->buckets[bucket];
  while (*link != nullptr && token_of(**link) != token) {
    link = &(*link)->next;
  }
  return link;
}

void ChallengeZone::remove_expired_locked(std::int64_t now) noexcept {
  for (ChallengeEntry*& bucket : table_->buckets) {
    ChallengeEntry** link = &bucket;
    while (ChallengeEntry* entry = *link) {
      if (entry->expires > now) {
        link = &entry->next;
        continue;
      }
      *link = entry->next;
      ngx_slab_free_locked(pool_, entry);
      table_->entries.fetch_sub(1, std::memory_order_release);
    }
  }
}

void ChallengeZone::put_challenge(std::string_view token,
                                  std::string_view key_authorization) {
  const std::int64_t now = std::time(nullptr);
  const SlabLock lock(pool_);
  remove_expired_locked(now);
  ChallengeEntry** link = find_locked(token);
  ChallengeEntry* entry = *link;
  if (entry == nullptr) {
    entry = static_cast<ChallengeEntry*>(allocate_locked(
        pool_, sizeof(ChallengeEntry) + token.size() + key_authorization.size(),
        "a challenge", "tried again later"));
    *entry = {nullptr, 0, static_cast<std::uint16_t>(token.size()),
              static_cast<std::uint16_t>(key_authorization.size()), 0};
    auto* text = reinterpret_cast<char*>(entry + 1);
    token.copy(text, token.size());
    key_authorization.copy(text + token.size(), key_authorization.size());
    *link = entry;
    table_->entries.fetch_add(1, std::memory_order_release);
  }
  ++entry->references;
  entry->expires = now + kLongestLife;
}

void ChallengeZone::remove_challenge(std::string_view token) noexcept {
  const SlabLock lock(pool_);
  ChallengeEntry* entry = *find_locked(token);
  if (entry == nullptr) {
    return;
  }
  entry->references -= std::min<std::uint32_t>(entry->references, 1);
  if (entry->references == 0) {
    entry->expires = std::time(nullptr) + kGrace;
  }
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
  return stateless_ &&
         table_->thumbprint_size.load(std::memory_order_acquire) != 0;
}

ngx_str_t ChallengeZone::find(std::string_view token,
                              ngx_pool_t* pool) const noexcept {
  if (table_->entries.load(std::memory_order_acquire) == 0 &&
      !answers_any_token()) {
    return {};
  }
  const SlabLock lock(pool_);
  const ChallengeEntry* entry = *find_locked(token);
  if (entry != nullptr && entry->expires > ngx_time()) {
    return copied(pool, {answer_of(*entry)});
  }
  if (answers_any_token() && acme::is_token(token)) {
    return copied(pool, {token,
                         ".",
                         {table_->thumbprint, table_->thumbprint_size.load(
                                                  std::memory_order_relaxed)}});
  }
  return {};
}

}  // namespace ngx_acme
