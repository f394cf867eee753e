// SPDX-License-Identifier: BSD-2-Clause
// Live answers to challenges in shared memory, and their layout.
//
// Unlike certificates, challenges are shared by all cycles: after a reload, old
// workers still accept connections for a moment, and an order that the old
// helper began goes on. nginx hands the same memory from cycle to cycle, so an
// answer is known to whichever worker the CA's request reaches.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "acme_core/challenge/dns_listen.h"
#include "acme_core/challenge/http01.h"
#include "acme_core/challenge/tls_alpn01.h"
#include "acme_core/secret.h"
#include "ngx_module/live_answers.h"
#include "ngx_module/live_txt.h"
#include "ngx_module/ngx.h"

namespace ngx_acme {

struct ChallengeTable {
  static constexpr std::size_t kLongestThumbprint = 64;

  /// Of the thumbprint for tokens that are not live; 0: they are not answered.
  std::atomic<std::uint32_t> thumbprint_size;
  char thumbprint[kLongestThumbprint];  ///< guarded by the mutex
  LiveAnswers http;                     ///< key authorizations by token
  /// By server name: the DER of certificate and key, one after the other.
  LiveAnswers tls_alpn;
  LiveTxt dns;
};

class ChallengeZone final : public acme::Http01Responder,
                            public acme::TlsAlpn01Responder,
                            public acme::Dns01Responder {
 public:
  /// What this configuration has workers do. The memory outlives it.
  struct Options {
    bool stateless = false;  ///< HTTP tokens that are not live are answered
    bool tls_alpn = false;   ///< challenge certificates are shown
  };

  ChallengeZone(std::string name, Options options)
      : name_(std::move(name)), options_(options) {}

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

  /// The answer to a token, copied into the pool; an empty string when there is
  /// none. For workers.
  [[nodiscard]] ngx_str_t find(std::string_view token,
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
  void put_challenge(std::string_view token,
                     std::string_view key_authorization) override;
  void remove_challenge(std::string_view token) noexcept override;
  /// The same for challenge certificates.
  void put_tls_alpn(std::string_view server_name,
                    std::span<const std::uint8_t> certificate_der,
                    std::span<const std::uint8_t> key_der) override;
  void remove_tls_alpn(std::string_view server_name) noexcept override;
  /// The same for TXT values.
  void put_txt(std::string_view fqdn, std::string_view value) override;
  void remove_txt(std::string_view fqdn,
                  std::string_view value) noexcept override;
  /// Answers well-formed tokens that are not live with the token, a dot and
  /// `thumbprint`; "" ends that. Throws acme::Error for what cannot be a
  /// thumbprint. For the helper.
  void put_thumbprint(std::string_view thumbprint);

 private:
  static ngx_int_t initialize(ngx_shm_zone_t* zone, void* previous) noexcept;
  [[nodiscard]] bool answers_any_token() const noexcept;

  std::string name_;
  Options options_;
  ngx_slab_pool_t* pool_ = nullptr;
  ChallengeTable* table_ = nullptr;
  bool new_to_old_workers_ = false;
};

}  // namespace ngx_acme
