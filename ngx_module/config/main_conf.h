// SPDX-License-Identifier: BSD-2-Clause
// The module's configuration as a whole.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/engine/plan.h"
#include "acme_core/events/event_action.h"
#include "ngx_module/challenge/dns_listener.h"
#include "ngx_module/challenge/tls_alpn_challenge.h"
#include "ngx_module/config/acme_log.h"
#include "ngx_module/config/discovery.h"
#include "ngx_module/config/issuer_conf.h"
#include "ngx_module/config/report.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/serve/fallback_certificate.h"
#include "ngx_module/serve/tls_spare_certificates.h"
#include "ngx_module/serve/tls_staple.h"
#include "ngx_module/shared/certificate_zone.h"
#include "ngx_module/shared/challenge_zone.h"
#include "ngx_module/shared/status_zone.h"

namespace ngx_acme {

struct StatusLocation;
struct StatusService;

struct MainConf {
  MainConf();
  ~MainConf();
  MainConf(const MainConf&) = delete;
  MainConf& operator=(const MainConf&) = delete;

  std::vector<std::unique_ptr<IssuerConf>> issuers;
  std::vector<std::string> contacts;            ///< acme_contact
  std::optional<bool> challenge_any_host;       ///< acme_challenge_any_host
  std::vector<acme::DnsProviderSpec> dns;       ///< acme_dns
  std::deque<acme::EventAction> event_actions;  ///< acme_on
  std::vector<DnsListen> dns_listen;            ///< each address once
  /// Of `listen … name=`; empty: it has not been said.
  std::string dns_server_name;
  /// Of `listen … alias=`: the zones that aliases lead to.
  std::vector<std::string> dns_alias_zones;
  std::string zone_name = "ngx_acme_shared";
  std::size_t zone_size = 0;  ///< 0: as large as needed
  std::optional<SourceLine> zone_where;
  std::optional<SourceLine> check_where;      ///< acme_check
  std::optional<AcmeLogFile> log_file;        ///< acme_log
  std::optional<SourceLine> state_key_where;  ///< acme_state_key
  std::optional<SourceLine> storage_where;    ///< acme_storage

  ConfReport report;
  Discovery discovery;
  acme::Plan plan;  ///< complete after postconfiguration
  /// Of those that will be kept; counted when nginx tests its configuration.
  std::size_t stored_certificates = 0;
  std::vector<StatusLocation*> status_locations;  ///< with acme_status
  // Null when nothing is managed.
  std::unique_ptr<CertificateZone> zone;
  std::unique_ptr<ChallengeZone> challenges;
  std::unique_ptr<SpareCertificates> spares;
  /// Null without acme_status, too.
  std::unique_ptr<StatusZone> status_zone;
  /// Null without acme_status.
  std::unique_ptr<StatusService> status;
  FallbackKeys fallback_keys;
  /// Null when no certificate is proved that way.
  std::unique_ptr<TlsAlpnChallenge> tls_alpn;
  /// Null without `listen`.
  std::unique_ptr<DnsListener> dns_listener;
  std::optional<AcmeLog> log;      ///< without a value: there is none
  std::deque<TlsStaples> staples;  ///< never moved: callbacks point there

  [[nodiscard]] IssuerConf* find_issuer(std::string_view name) const noexcept;
  [[nodiscard]] std::size_t index_of(const IssuerConf& issuer) const noexcept;
};

/// The running configuration's, or nullptr when there is no http block.
[[nodiscard]] MainConf* current_main_conf() noexcept;

/// That of the http block which is being read.
[[nodiscard]] inline MainConf& main_conf(ngx_conf_t* cf) noexcept {
  return *static_cast<MainConf*>(
      ngx_http_conf_get_module_main_conf(cf, ngx_http_acme_module));
}

}  // namespace ngx_acme
