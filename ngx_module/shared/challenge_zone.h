// SPDX-License-Identifier: BSD-2-Clause
// Live answers to challenges in shared memory.
//
// Unlike certificates, challenges are shared by all cycles: after a reload, old
// workers still accept connections for a moment, and an order that the old
// helper began goes on. nginx hands the same memory from cycle to cycle, so an
// answer is known to whichever worker the CA's request reaches. Only a plan
// that needs more room has a larger zone, which begins with a copy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "acme_core/challenge/dns_listen.h"
#include "acme_core/challenge/http01.h"
#include "acme_core/challenge/tls_alpn01.h"
#include "acme_core/engine/plan.h"
#include "acme_core/secret.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/nginx/string_hash.h"
#include "ngx_module/shared/challenge_table.h"

namespace ngx_acme {

class ChallengeZone final : public acme::Http01Responder,
                            public acme::TlsAlpn01Responder,
                            public acme::Dns01Responder {
 public:
  /// What this configuration has workers do. The memory outlives it.
  struct Options {
    /// HTTP tokens that are not live are answered.
    bool stateless = false;
    /// The names for which they are; none of them may be asked for by another.
    NameSet stateless_hosts = {};
    /// Live tokens are answered whatever host is asked for, others too.
    bool any_host = false;
    bool tls_alpn = false;  ///< challenge certificates are shown
    /// Of the zone in bytes, by challenge_zone_size().
    std::size_t size = 0;
  };

  /// `any_host`: see Options.
  ChallengeZone(const acme::Plan& plan, std::string name, bool any_host);

  /// Has nginx allocate the zone, or take it over from the running cycle.
  /// Throws std::bad_alloc.
  void request(ngx_conf_t* cf);

  /// True when this cycle follows one that did not answer what this one does:
  /// its workers, which live a moment longer, cannot.
  [[nodiscard]] bool is_new_to_old_workers() const noexcept {
    return new_to_old_workers_;
  }

  /// True when this configuration has tokens answered that are not live.
  [[nodiscard]] bool is_stateless() const noexcept {
    return options_.stateless;
  }

  /// The answer to a token that `host` is asked for, copied into the pool; an
  /// empty string when there is none. `token` by acme::is_token(), `host` as
  /// ChallengeHost takes it. For workers.
  [[nodiscard]] ngx_str_t find(std::string_view token, std::string_view host,
                               ngx_pool_t* pool) const noexcept;

  /// False: there is no challenge certificate at all. One atomic load, for
  /// workers.
  [[nodiscard]] bool has_tls_alpn() const noexcept {
    return !table_->tls_alpn.empty();
  }

  /// What to show to a CA that asks for the lower-case server name: the DER of
  /// certificate and key, one after the other; empty when there is none. For
  /// workers. Throws std::bad_alloc.
  [[nodiscard]] acme::SecretBytes find_tls_alpn(
      std::string_view server_name) const;

  /// What the DNS says of a name in lower case. For workers. Throws
  /// std::bad_alloc.
  [[nodiscard]] acme::DnsZones::Node find_txt(std::string_view name) const;

  /// Throws acme::Error when there is no room. For the helper.
  void put_challenge(const acme::Identifier& identifier, std::string_view token,
                     std::string_view key_authorization) override;
  void remove_challenge(const acme::Identifier& identifier,
                        std::string_view token) noexcept override;
  /// The same for challenge certificates.
  void put_tls_alpn(std::string_view server_name,
                    std::span<const std::uint8_t> certificate_der,
                    std::span<const std::uint8_t> key_der) override;
  void remove_tls_alpn(std::string_view server_name) noexcept override;
  /// The same for TXT values.
  void put_txt(std::string_view fqdn, std::string_view value) override;
  void remove_txt(std::string_view fqdn,
                  std::string_view value) noexcept override;
  /// Answers tokens that are not live with the token, a dot and
  /// `thumbprint`; "" ends that. Throws acme::Error for what cannot be a
  /// thumbprint. For the helper.
  void put_thumbprint(std::string_view thumbprint) override;

 private:
  static ngx_int_t initialize(ngx_shm_zone_t* zone, void* previous) noexcept;
  [[nodiscard]] ngx_shm_zone_t* find_previous() const noexcept;
  void take_over(const ChallengeZone& previous) noexcept;
  [[nodiscard]] bool answers_any_token() const noexcept;
  [[nodiscard]] bool answers_any_token_of(std::string_view host) const noexcept;

  std::string name_;
  Options options_;
  ngx_slab_pool_t* pool_ = nullptr;
  ChallengeTable* table_ = nullptr;
  bool new_to_old_workers_ = false;
};

}  // namespace ngx_acme
