// SPDX-License-Identifier: BSD-2-Clause
// Certificates in shared memory.
//
// Cycles with the same certificates share a zone: what the old helper still
// publishes in a reload, new workers have as well. Otherwise a cycle has one of
// its own, which the master fills from the previous one's or from the state
// directories. The helper writes; workers read. Writers hold the slab's mutex;
// readers take it only when a generation moved. If a process dies holding it,
// nginx's master unlocks it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "acme_core/engine/plan.h"
#include "acme_core/engine/publisher.h"
#include "acme_core/engine/stock.h"
#include "acme_core/storage/file_store.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/shared/certificate_table.h"

namespace ngx_acme {

class CertificateZone final : public acme::Publisher {
 public:
  /// `plan` outlives the zone. `size` in bytes; 0: as large as needed.
  CertificateZone(const acme::Plan& plan, std::string name, std::size_t size);

  /// Has nginx allocate the zone at the end of this configuration. Throws
  /// std::bad_alloc.
  void request(ngx_conf_t* cf);

  // For workers; they neither throw nor allocate, but for the copies made.

  [[nodiscard]] std::uint64_t generation(std::size_t index) const noexcept {
    return table_->generation(index);
  }
  /// Throws std::bad_alloc. nullopt while there is no pair.
  [[nodiscard]] std::optional<CopiedPair> copy_pair(std::size_t index) const;

  /// The same without the key.
  [[nodiscard]] std::optional<CopiedChain> copy_chain(std::size_t index) const;

  /// Moves with every new pair.
  [[nodiscard]] std::uint64_t revision() const noexcept {
    return table_->revision();
  }

  /// In bytes; what is free counts in whole pages.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t free_size() const noexcept;

  [[nodiscard]] std::uint64_t staple_generation(
      std::size_t index) const noexcept {
    return table_->staple_generation(index);
  }
  /// Throws std::bad_alloc. An empty response: there is none.
  [[nodiscard]] CopiedStaple copy_staple(std::size_t index) const;

  /// What helps out where a pair lacks names; fixed when workers start.
  [[nodiscard]] std::vector<CopiedPair> spares() const;

  /// What log lines call it: issuer "ISSUER", certificate "NAME"; with the kind
  /// of its key, or its files, where others have the same first name.
  [[nodiscard]] std::string subject(std::size_t index) const;

  // For the helper.

  void put_certificate(std::size_t index,
                       const acme::StoredCertificate& certificate) override;
  [[nodiscard]] bool has_certificate(
      std::size_t index) const noexcept override {
    return generation(index) != 0;
  }
  [[nodiscard]] bool is_stand_in(std::size_t index) const override;
  [[nodiscard]] std::optional<acme::StoredCertificate> certificate(
      std::size_t index) const override;
  bool put_staple(std::size_t index, std::span<const std::uint8_t> leaf,
                  const acme::OcspStaple& staple) override;
  [[nodiscard]] std::optional<acme::OcspStaple> staple(
      std::size_t index) const override;

 private:
  static ngx_int_t initialize(ngx_shm_zone_t* zone, void* data);
  [[nodiscard]] static ngx_shm_zone_t* find_previous() noexcept;
  [[nodiscard]] static const CertificateZone& of(
      const ngx_shm_zone_t& zone) noexcept;
  void make_table();
  void copy_from(const CertificateZone& previous);
  void load_stored(ngx_log_t* log);
  void load_stored_pair(acme::FileStore& store, std::size_t index,
                        const std::string& name);
  void load_stored_staple(acme::FileStore& store, std::size_t index);
  /// Alone, without its issuers; nullopt while there is no pair.
  [[nodiscard]] std::optional<acme::CertificateChain> leaf(
      std::size_t index) const;
  [[nodiscard]] bool is_expired_stand_in(std::size_t index,
                                         acme::TimePoint now) const;
  /// Fills what is missing yet, or has expired, with the best of what there is.
  void stand_in(const CertificateZone* previous, ngx_log_t* log);
  class Search;
  /// Adds what is for names that the pairs lack.
  void help_out(Search& search, ngx_log_t* log);
  [[nodiscard]] std::vector<std::size_t> lacking_names() const;
  /// Names of the certificate that its pair lacks.
  [[nodiscard]] std::vector<std::string> missing_names(std::size_t index) const;
  void add_to(acme::Stock& stock, std::size_t source,
              const std::unordered_set<std::string>& without) const;

  [[nodiscard]] std::string remedy() const;
  void put(std::size_t index, const PackedPair& pair);
  void mark_if_lacking(std::size_t index, std::span<const std::string> names);
  void put_spare(std::size_t number, const acme::StoredCertificate& pair);
  bool put(std::size_t index, std::span<const std::uint8_t> leaf,
           const CopiedStaple& staple);

  const acme::Plan& plan_;
  std::string name_;
  bool is_sized_by_plan_;
  std::size_t most_spares_;  ///< places after those of the plan
  std::size_t size_;
  /// Those that had expired when they were loaded, by index in the plan.
  std::unordered_set<std::size_t> expired_;
  /// What identifies each certificate across reloads, by index in the plan.
  std::vector<std::string> keys_;
  ngx_slab_pool_t* pool_ = nullptr;
  CertificateTable* table_ = nullptr;
};

}  // namespace ngx_acme
