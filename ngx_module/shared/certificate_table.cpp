// SPDX-License-Identifier: BSD-2-Clause
// Served pairs in shared memory.
#include "ngx_module/shared/certificate_table.h"

#include <cstring>
#include <utility>

#include "ngx_module/nginx/slab.h"

namespace ngx_acme {
namespace {

template <typename Header>
std::uint8_t* contents_of(Header& header) noexcept {
  return reinterpret_cast<std::uint8_t*>(&header + 1);
}

template <typename Header>
const std::uint8_t* contents_of(const Header& header) noexcept {
  return reinterpret_cast<const std::uint8_t*>(&header + 1);
}

// Leaf first.
std::vector<std::vector<std::uint8_t>> chain_of(const SharedPair& pair) {
  std::vector<std::vector<std::uint8_t>> chain;
  const std::uint8_t* leaf = contents_of(pair);
  chain.emplace_back(leaf, leaf + pair.leaf_size);
  const std::uint8_t* cursor = contents_of(*pair.issuers);
  const std::uint8_t* end = cursor + pair.issuers->size;
  while (cursor < end) {
    std::uint32_t size = 0;
    std::memcpy(&size, cursor, sizeof(size));
    cursor += sizeof(size);
    chain.emplace_back(cursor, cursor + size);
    cursor += size;
  }
  return chain;
}

}  // namespace

std::optional<CopiedChain> CertificateTable::copy_chain_locked(
    std::size_t index) const {
  const CertificateSlot& slot = slots_[index];
  if (slot.pair == nullptr) {
    return std::nullopt;
  }
  return CopiedChain{slot.generation.load(std::memory_order_relaxed),
                     slot.is_stand_in, chain_of(*slot.pair)};
}

std::optional<CopiedPair> CertificateTable::copy_locked(
    std::size_t index) const {
  const SharedPair* shared = slots_[index].pair;
  if (shared == nullptr) {
    return std::nullopt;
  }
  CopiedPair pair;
  pair.generation = slots_[index].generation.load(std::memory_order_relaxed);
  pair.is_stand_in = slots_[index].is_stand_in;
  pair.lacks_names = slots_[index].lacks_names;
  pair.chain = chain_of(*shared);
  const std::uint8_t* key = contents_of(*shared) + shared->leaf_size;
  pair.key.assign(key, key + shared->key_size);
  return pair;
}

void CertificateTable::put_locked(ngx_slab_pool_t* pool, std::size_t index,
                                  const PackedPair& pair,
                                  const std::string& what,
                                  const std::string& remedy) {
  SharedIssuers& issuers = find_or_make(pool, pair.issuers, what, remedy);
  const std::size_t size =
      sizeof(SharedPair) + pair.leaf.size() + pair.key.size();
  void* memory = ngx_slab_alloc_locked(pool, size);
  if (memory == nullptr) {
    release(pool, issuers);
    throw no_room(what, remedy);
  }
  auto& made = *static_cast<SharedPair*>(memory);
  made = {&issuers, static_cast<std::uint32_t>(pair.leaf.size()),
          static_cast<std::uint32_t>(pair.key.size())};
  std::memcpy(contents_of(made), pair.leaf.data(), pair.leaf.size());
  std::memcpy(contents_of(made) + pair.leaf.size(), pair.key.data(),
              pair.key.size());
  SharedPair* replaced = std::exchange(slots_[index].pair, &made);
  slots_[index].is_stand_in = false;
  slots_[index].lacks_names = false;
  slots_[index].generation.fetch_add(1, std::memory_order_release);
  revision_.fetch_add(1, std::memory_order_release);
  if (slots_[index].staple != nullptr) {
    replace_staple(pool, slots_[index], nullptr);
  }
  if (replaced != nullptr) {
    release(pool, *replaced->issuers);
    acme::wipe(replaced,
               sizeof(*replaced) + replaced->leaf_size + replaced->key_size);
    ngx_slab_free_locked(pool, replaced);
  }
}

CopiedStaple CertificateTable::copy_staple_locked(std::size_t index) const {
  const CertificateSlot& slot = slots_[index];
  CopiedStaple staple;
  staple.generation = slot.staple_generation.load(std::memory_order_relaxed);
  if (slot.staple != nullptr) {
    staple.pair = slot.staple->pair;
    staple.valid_until = slot.staple->valid_until;
    const std::uint8_t* response = contents_of(*slot.staple);
    staple.response.assign(response, response + slot.staple->size);
  }
  return staple;
}

bool CertificateTable::put_staple_locked(ngx_slab_pool_t* pool,
                                         std::size_t index,
                                         std::span<const std::uint8_t> leaf,
                                         const CopiedStaple& staple,
                                         const std::string& what,
                                         const std::string& remedy) {
  CertificateSlot& slot = slots_[index];
  if (slot.pair == nullptr || slot.pair->leaf_size != leaf.size() ||
      std::memcmp(contents_of(*slot.pair), leaf.data(), leaf.size()) != 0) {
    return false;
  }
  auto& made = *static_cast<SharedStaple*>(allocate_locked(
      pool, sizeof(SharedStaple) + staple.response.size(), what, remedy));
  made = {slot.generation.load(std::memory_order_relaxed), staple.valid_until,
          static_cast<std::uint32_t>(staple.response.size())};
  std::memcpy(contents_of(made), staple.response.data(),
              staple.response.size());
  replace_staple(pool, slot, &made);
  return true;
}

void CertificateTable::replace_staple(ngx_slab_pool_t* pool,
                                      CertificateSlot& slot,
                                      SharedStaple* staple) noexcept {
  SharedStaple* replaced = std::exchange(slot.staple, staple);
  slot.staple_generation.fetch_add(1, std::memory_order_release);
  if (replaced != nullptr) {
    ngx_slab_free_locked(pool, replaced);
  }
}

SharedIssuers& CertificateTable::find_or_make(
    ngx_slab_pool_t* pool, const std::vector<std::uint8_t>& issuers,
    const std::string& what, const std::string& remedy) {
  for (SharedIssuers* known = issuers_; known != nullptr; known = known->next) {
    if (known->size == issuers.size() &&
        (issuers.empty() || std::memcmp(contents_of(*known), issuers.data(),
                                        issuers.size()) == 0)) {
      ++known->references;
      return *known;
    }
  }
  auto& made = *static_cast<SharedIssuers*>(allocate_locked(
      pool, sizeof(SharedIssuers) + issuers.size(), what, remedy));
  made = {issuers_, 1, static_cast<std::uint32_t>(issuers.size())};
  if (!issuers.empty()) {
    std::memcpy(contents_of(made), issuers.data(), issuers.size());
  }
  issuers_ = &made;
  return made;
}

void CertificateTable::release(ngx_slab_pool_t* pool,
                               SharedIssuers& issuers) noexcept {
  if (--issuers.references != 0) {
    return;
  }
  SharedIssuers** link = &issuers_;
  while (*link != &issuers) {
    link = &(*link)->next;
  }
  *link = issuers.next;
  ngx_slab_free_locked(pool, &issuers);
}

}  // namespace ngx_acme
