// SPDX-License-Identifier: BSD-2-Clause
// The module's configuration as C++ objects.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/engine/plan.h"
#include "ngx_module/acme_log.h"
#include "ngx_module/conf_report.h"
#include "ngx_module/discovery.h"
#include "ngx_module/dns_listener.h"
#include "ngx_module/fallback_certificate.h"
#include "ngx_module/foreign_callbacks.h"
#include "ngx_module/https_redirect.h"
#include "ngx_module/ngx.h"
#include "ngx_module/server_names.h"
#include "ngx_module/shared_zone.h"
#include "ngx_module/tls_alpn_challenge.h"
#include "ngx_module/tls_spare_certificates.h"
#include "ngx_module/tls_staple.h"

namespace ngx_acme {

/// An acme_issuer block, a built-in issuer that some server uses, or the
/// staging twin of either.
struct IssuerConf {
  acme::IssuerSpec spec;
  std::string staging_url;           ///< of its twin; empty: there is none
  SourceLine where;                  ///< no file: a built-in issuer
  ngx_str_t trusted_file{};          ///< ssl_trusted_certificate
  std::set<std::string> directives;  ///< those its block has
  ngx_path_t* state_path = nullptr;  ///< null with "state_path off"
  SourceLine state_path_where;
  const IssuerConf* stands_in_for = nullptr;  ///< a twin's original
};

/// acme_hsts.
struct HstsPolicy {
  std::string field;  ///< the value of the header field; empty: none
};

/// What `acme` and `acme_certificate` may both say.
struct CertificateOptions {
  /// One certificate for each; of different algorithms. Empty: what suits the
  /// server's TLS settings.
  std::vector<acme::KeyType> key_types;
  std::vector<acme::ChallengeType> challenges;  ///< empty: the issuer's
};

/// The directives of one level: http or server.
struct ServerConf {
  enum class Mode { kUnset, kOff, kOn };

  Mode mode = Mode::kUnset;          ///< of `acme`
  std::vector<std::string> issuers;  ///< of kOn, in order of preference
  CertificateOptions options;
  SourceLine where;

  struct Certificate {
    std::vector<std::string> issuers;  ///< in order of preference
    NameList names;
    bool has_names = false;  ///< else they come from server_name
    CertificateOptions options;
    SourceLine where;
  };
  std::optional<Certificate> certificate;  ///< acme_certificate

  std::optional<bool> dry_run;
  std::optional<FallbackPolicy> fallback;
  std::optional<bool> partial;
  std::optional<RedirectPolicy> redirect;
  std::optional<HstsPolicy> hsts;

  /// Directives of other modules.
  std::optional<ForeignCallback> certificate_callback;
  std::optional<ForeignCallback> client_hello_callback;

  bool is_told = false;  ///< `acme` manages nothing here, and has said so
  bool is_self_signed_for_good = false;  ///< and has warned of that
  /// What the server serves, when it is managed.
  TlsServer* tls = nullptr;
};

struct MainConf {
  std::vector<std::unique_ptr<IssuerConf>> issuers;
  std::vector<std::string> contacts;       ///< acme_contact
  std::optional<bool> challenge_any_host;  ///< acme_challenge_any_host
  std::vector<acme::DnsProviderSpec> dns;  ///< acme_dns
  std::vector<DnsListen> dns_listen;       ///< each address once
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

  ConfReport report;
  Discovery discovery;
  acme::Plan plan;  ///< complete after postconfiguration
  /// Of those that will be kept; counted when nginx tests its configuration.
  std::size_t stored_certificates = 0;
  std::unique_ptr<SharedZone> zone;  ///< null when nothing is managed
  std::unique_ptr<SpareCertificates> spares;
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

/// The directives at http and server level.
extern ngx_command_t directives[];

// nginx's hooks around the http block, in the order it calls them.

ngx_int_t begin_configuration(ngx_conf_t* cf) noexcept;
void* create_main_conf(ngx_conf_t* cf) noexcept;
void* create_srv_conf(ngx_conf_t* cf) noexcept;
char* init_main_conf(ngx_conf_t* cf, void* conf) noexcept;
char* merge_srv_conf(ngx_conf_t* cf, void* parent, void* child) noexcept;
/// Everything is known: makes the plan, the zone and the paths.
ngx_int_t finish_configuration(ngx_conf_t* cf) noexcept;

}  // namespace ngx_acme
