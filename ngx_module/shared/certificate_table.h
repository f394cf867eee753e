// SPDX-License-Identifier: BSD-2-Clause
// Served pairs in shared memory, and their layout.
//
// Certificates of one issuer have the same chain behind the leaf, so that is
// kept once. Every process maps the memory at the same address. Numbers are in
// the machine's byte order.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "acme_core/secret.h"
#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// What follows the leaf: this header, then for each certificate its size as
/// uint32_t and its DER.
struct SharedIssuers {
  SharedIssuers* next;
  std::uint32_t references;  ///< pairs that have it
  std::uint32_t size;        ///< bytes behind the header
};

/// This header, then the leaf's DER, then the PKCS #8 key's.
struct SharedPair {
  SharedIssuers* issuers;
  std::uint32_t leaf_size;
  std::uint32_t key_size;
};

/// This header, then the status response in DER.
struct SharedStaple {
  std::uint64_t pair;        ///< the generation of the pair that it is about
  std::int64_t valid_until;  ///< in seconds since 1970
  std::uint32_t size;
};

struct CertificateSlot {
  /// Moves with every new pair; 0 while there is none.
  std::atomic<std::uint64_t> generation;
  /// Moves with every new staple, and when a new pair takes it away.
  std::atomic<std::uint64_t> staple_generation;
  SharedPair* pair;      ///< guarded by the mutex
  SharedStaple* staple;  ///< likewise; null: none
  /// Likewise: the pair was issued for another certificate. See stand_in().
  bool is_stand_in;
  /// Likewise: the pair is not for all names of its certificate.
  bool lacks_names;
};

static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

/// A pair copied out of shared memory, still in DER.
struct CopiedPair {
  std::uint64_t generation = 0;
  bool is_stand_in = false;
  bool lacks_names = false;
  std::vector<std::vector<std::uint8_t>> chain;  ///< leaf first
  acme::SecretBytes key;
};

/// The same without the key.
struct CopiedChain {
  std::uint64_t generation = 0;
  bool is_stand_in = false;
  std::vector<std::vector<std::uint8_t>> chain;  ///< leaf first
};

/// A status response copied out of shared memory, or to be put in.
struct CopiedStaple {
  std::uint64_t generation = 0;
  std::uint64_t pair = 0;  ///< as SharedStaple has it
  std::int64_t valid_until = 0;
  std::vector<std::uint8_t> response;  ///< empty: none
};

/// A pair to be put in: the chain behind the leaf as SharedIssuers has it.
struct PackedPair {
  std::span<const std::uint8_t> leaf;
  std::vector<std::uint8_t> issuers;
  std::span<const std::uint8_t> key;
};

/// Any container of byte containers; refers to the leaf and the key.
template <typename Chain>
[[nodiscard]] PackedPair pack(const Chain& chain,
                              std::span<const std::uint8_t> key) {
  PackedPair packed{.leaf = chain.front(), .issuers = {}, .key = key};
  for (std::size_t i = 1; i < chain.size(); ++i) {
    const auto size = static_cast<std::uint32_t>(chain[i].size());
    const auto* raw = reinterpret_cast<const std::uint8_t*>(&size);
    packed.issuers.insert(packed.issuers.end(), raw, raw + sizeof(size));
    packed.issuers.insert(packed.issuers.end(), chain[i].begin(),
                          chain[i].end());
  }
  return packed;
}

/// Lives in the zone, made of zeros with size_for() bytes. Whoever calls a
/// function "_locked" holds the lock of `pool`, the zone's.
class CertificateTable {
 public:
  [[nodiscard]] static std::size_t size_for(std::size_t slots) noexcept {
    return sizeof(CertificateTable) + slots * sizeof(CertificateSlot);
  }

  [[nodiscard]] std::uint64_t generation(std::size_t index) const noexcept {
    return slots_[index].generation.load(std::memory_order_acquire);
  }

  /// nullopt while there is no pair. Throws std::bad_alloc.
  [[nodiscard]] std::optional<CopiedPair> copy_locked(std::size_t index) const;

  [[nodiscard]] std::optional<CopiedChain> copy_chain_locked(
      std::size_t index) const;

  /// Moves with every new pair.
  [[nodiscard]] std::uint64_t revision() const noexcept {
    return revision_.load(std::memory_order_acquire);
  }

  [[nodiscard]] std::uint64_t staple_generation(
      std::size_t index) const noexcept {
    return slots_[index].staple_generation.load(std::memory_order_acquire);
  }

  /// Never fails for want of a staple: then its response is empty. Throws
  /// std::bad_alloc.
  [[nodiscard]] CopiedStaple copy_staple_locked(std::size_t index) const;

  /// Shows a response beside the pair whose leaf is `leaf`: false, and nothing
  /// is changed, when that is not the one in place. Throws as put_locked()
  /// does; the old staple stays then.
  bool put_staple_locked(ngx_slab_pool_t* pool, std::size_t index,
                         std::span<const std::uint8_t> leaf,
                         const CopiedStaple& staple, const std::string& what,
                         const std::string& remedy);

  /// Replaces the pair, and leaves it without a staple. Throws acme::Error
  /// saying what there was no room for, and `remedy`; the old pair stays then.
  void put_locked(ngx_slab_pool_t* pool, std::size_t index,
                  const PackedPair& pair, const std::string& what,
                  const std::string& remedy);

  /// The pair that is there was chosen for want of the certificate itself; the
  /// next one is not.
  void mark_stand_in_locked(std::size_t index) noexcept {
    slots_[index].is_stand_in = true;
  }
  /// The pair that is there is not for all names; the next one is.
  void mark_lacking_locked(std::size_t index) noexcept {
    slots_[index].lacks_names = true;
  }
  [[nodiscard]] bool lacks_names_locked(std::size_t index) const noexcept {
    return slots_[index].lacks_names;
  }
  [[nodiscard]] bool is_stand_in_locked(std::size_t index) const noexcept {
    return slots_[index].is_stand_in;
  }

 private:
  SharedIssuers& find_or_make(ngx_slab_pool_t* pool,
                              const std::vector<std::uint8_t>& issuers,
                              const std::string& what,
                              const std::string& remedy);
  void release(ngx_slab_pool_t* pool, SharedIssuers& issuers) noexcept;
  void replace_staple(ngx_slab_pool_t* pool, CertificateSlot& slot,
                      SharedStaple* staple) noexcept;

  std::atomic<std::uint64_t> revision_;
  SharedIssuers* issuers_;  // few: one for each intermediate of a CA
  CertificateSlot slots_[1];
};

}  // namespace ngx_acme
