// SPDX-License-Identifier: BSD-2-Clause
// From server blocks to managed certificates.
#include "ngx_module/discovery.h"

#include <algorithm>
#include <new>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "acme_core/engine/builtin_issuers.h"
#include "acme_core/engine/challenge_choice.h"
#include "acme_core/engine/public_names.h"
#include "ngx_module/certificate_source.h"
#include "ngx_module/conf.h"
#include "ngx_module/conf_issuer.h"
#include "ngx_module/discovery_request.h"
#include "ngx_module/name_faults.h"
#include "ngx_module/ngx_compat.h"
#include "ngx_module/ngx_types.h"
#include "ngx_module/self_signed_server.h"
#include "ngx_module/server_names.h"

namespace ngx_acme {
namespace {

using acme::Identifier;

ngx_http_ssl_srv_conf_t* ssl_conf(void* const* srv_conf) {
  return static_cast<ngx_http_ssl_srv_conf_t*>(
      srv_conf[ngx_http_ssl_module.ctx_index]);
}

// "a", "b" (why), "c" (why else): each reason once, in the order of its first
// name.
std::string grouped_by_reason(const std::vector<NameList::Remark>& names) {
  std::string text;
  std::set<std::string_view> told;
  for (const auto& [first, reason] : names) {
    if (!told.insert(reason).second) {
      continue;
    }
    for (const auto& [name, why] : names) {
      if (why == reason) {
        text.append(text.empty() ? "\"" : ", \"").append(name).append("\"");
      }
    }
    text.append(" (").append(reason).append(")");
  }
  return text;
}

// Those of several remarks on one line.
void log_left_out(ngx_conf_t* cf, MainConf& main, ngx_uint_t level,
                  const std::vector<NameList::Remark>& names,
                  const SourceLine& where) {
  if (names.empty()) {
    return;
  }
  main.report.leave_out(names.size());
  remark(cf, level, where, "no certificate for " + grouped_by_reason(names));
}

// `.example.com` without the wildcard that nginx takes it for.
void log_partly_covered(ngx_conf_t* cf, const std::vector<std::string>& names,
                        const SourceLine& where) {
  for (const std::string& name : names) {
    const std::string apex = name.substr(1);
    remark(cf, NGX_LOG_NOTICE, where,
           "\"" + name + "\" has a certificate for " + apex + " and www." +
               apex +
               ": other subdomains are not covered, unless \"acme_dns\" says "
               "who publishes the records of *." +
               apex);
  }
}

// Not by dns-persist-01 unless it was asked for: nobody has made its record.
bool proves_wildcard(const acme::IssuerSpec& issuer,
                     const CertificateOptions& options,
                     const Identifier& wildcard) {
  acme::CertificateSpec certificate;
  certificate.challenges = options.challenges;
  if (certificate.is_authorized_at(issuer)) {
    return true;
  }
  return certificate.challenges_at(issuer).empty()
             ? acme::find_dns_provider(issuer.dns, wildcard.value) != nullptr
             : !acme::challenge_candidates(issuer, certificate, wildcard, {})
                    .empty();
}

template <typename T>
void inherit(std::optional<T>& own, const std::optional<T>& inherited) {
  if (!own) {
    own = inherited;
  }
}

// Fills in the names from server_name, for acme_certificate. False when the
// configuration is refused.
bool take_all_names(ngx_conf_t* cf, MainConf& main,
                    const ngx_http_core_srv_conf_t& server,
                    const SourceLine& where, const WildcardTest& is_provable,
                    const IgnoredTest& why_ignored, NameList& names) {
  ServerNames found = names_of(server, is_provable, why_ignored);
  log_left_out(cf, main, NGX_LOG_NOTICE, found.ignored, source_of(server));
  if (!found.malformed.empty()) {
    refuse(cf, where,
           "invalid server name \"" + found.malformed.front() +
               "\" for \"acme_certificate\": " +
               why_no_host_name(found.malformed.front()) +
               "; or list the names in acme_certificate");
    return false;
  }
  log_partly_covered(cf, found.partly_covered, source_of(server));
  names = std::move(found.names);
  return true;
}

// Fills in those names of server_name that can be managed, for acme.
NameList manageable_names(ngx_conf_t* cf, MainConf& main,
                          const ngx_http_core_srv_conf_t& server,
                          bool public_ca, const WildcardTest& is_provable,
                          const IgnoredTest& why_ignored, ServerConf& own) {
  const ServerNames found = names_of(server, is_provable, why_ignored);
  NameList names;
  std::vector<NameList::Remark> natural;
  std::vector<NameList::Remark> unserved;
  for (const NameList::Remark& each : found.names.remarks()) {
    (each.first.starts_with('~') ? natural : unserved).push_back(each);
  }
  natural.insert(natural.end(), found.ignored.begin(), found.ignored.end());
  for (const std::string& name : found.malformed) {
    unserved.emplace_back(name, why_no_host_name(name));
  }
  for (const Identifier& identifier : found.names.unique()) {
    auto [reason, why] = why_skip(identifier, public_ca, is_provable);
    if (reason == SkipReason::kNone) {
      static_cast<void>(names.add(identifier.value));
    } else {
      (reason == SkipReason::kNatural ? natural : unserved)
          .emplace_back(identifier.value, std::move(why));
    }
  }
  for (const Identifier& implied : found.names.implied()) {
    names.imply(implied);
  }
  own.is_told = names.unique().empty() && !found.ignored.empty();
  log_left_out(cf, main, NGX_LOG_NOTICE, natural, source_of(server));
  log_left_out(cf, main, NGX_LOG_WARN, unserved, source_of(server));
  log_partly_covered(cf, found.partly_covered, source_of(server));
  return names;
}

}  // namespace

Discovery::Discovery() = default;
Discovery::~Discovery() = default;

void Discovery::begin(ngx_conf_t* cf) {
  http_ssl_ = ssl_conf(static_cast<ngx_http_conf_ctx_t*>(cf->ctx)->srv_conf);
  listeners_.read(cf);
  ignored_names_.read(cf);
}

bool Discovery::add_server(ngx_conf_t* cf, MainConf& main,
                           const ServerConf& inherited, ServerConf& own) {
  const auto* server = static_cast<ngx_http_core_srv_conf_t*>(
      ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module));
  inherit(own.dry_run, inherited.dry_run);
  inherit(own.fallback, inherited.fallback);
  inherit(own.partial, inherited.partial);
  inherit(own.redirect, inherited.redirect);
  inherit(own.hsts, inherited.hsts);
  inherit(own.certificate_callback, inherited.certificate_callback);
  inherit(own.client_hello_callback, inherited.client_hello_callback);
  if (!take_server(cf, main, *server, inherited, own)) {
    return false;
  }
  if (own.tls == nullptr) {
    remember_unmanaged(*server);
  }
  return true;
}

// Where its names are served over TLS without us.
void Discovery::remember_unmanaged(const ngx_http_core_srv_conf_t& server) {
  const ngx_http_ssl_srv_conf_t& ssl = *ssl_conf(server.ctx->srv_conf);
  if (!listeners_.has(server) || rejects_handshakes(ssl, *http_ssl_) ||
      certificate_source(ssl, *http_ssl_) == CertificateSource::kNone) {
    return;
  }
  const ServerNames found =
      names_of(server, [](const Identifier&) { return true; });
  for (const Identifier& identifier : found.names.unique()) {
    https_names_.add(identifier.value, {nullptr, listeners_.port_of(server)});
  }
}

bool Discovery::take_server(ngx_conf_t* cf, MainConf& main,
                            const ngx_http_core_srv_conf_t& server,
                            const ServerConf& inherited, ServerConf& own) {
  const ServerConf& acme =
      own.mode == ServerConf::Mode::kUnset ? inherited : own;
  if (!own.certificate && acme.mode != ServerConf::Mode::kOn) {
    return true;
  }
  Request request;
  request.server = &server;
  request.is_rehearsal = own.dry_run.value_or(false);
  request.partial = own.partial.value_or(true);
  request.fallback = own.fallback.value_or(FallbackPolicy::kSelfSigned);
  const bool has_tls = listeners_.has(server);
  if (has_tls) {
    request.ssl = ssl_conf(server.ctx->srv_conf);
  } else if (listeners_.is_plain_https(server)) {
    remark(cf, NGX_LOG_WARN, source_of(server),
           "the server listens on port 443 without \"ssl\" and serves no "
           "certificate: write \"listen 443 ssl;\"");
  }
  if (own.certificate) {
    request.is_explicit = true;
    request.issuer_names = own.certificate->issuers;
    request.names = own.certificate->names;
    request.options = own.certificate->options;
    request.where = own.certificate->where;
  } else if (has_tls) {
    request.issuer_names = acme.issuers;
    request.options = acme.options;
    request.where = acme.where;
  } else {
    return true;
  }
  if (!find_issuers(cf, main, request)) {
    return false;
  }
  const acme::IssuerSpec& first = main.issuers[request.issuers.front()]->spec;
  const WildcardTest is_provable = [&](const Identifier& wildcard) {
    return std::any_of(request.issuers.begin(), request.issuers.end(),
                       [&](std::size_t issuer) {
                         return proves_wildcard(main.issuers[issuer]->spec,
                                                request.options, wildcard);
                       });
  };
  const IgnoredTest why_ignored = [&](std::string_view name) {
    return ignored_names_.why_ignored(server, name);
  };
  if (!request.is_explicit) {
    request.names =
        manageable_names(cf, main, server, acme::is_public_ca(first),
                         is_provable, why_ignored, own);
    request.names.drop_covered(is_provable);
    return request.names.unique().empty()
               ? do_without(cf, request, own)
               : manage(cf, main, std::move(request), own);
  }
  if (!own.certificate->has_names &&
      !take_all_names(cf, main, server, request.where, is_provable, why_ignored,
                      request.names)) {
    return false;
  }
  request.names.drop_covered(is_provable);
  if (acme::is_public_ca(first)) {
    request.names.leave_out(why_no_public_ca);
  }
  log_left_out(cf, main, NGX_LOG_WARN, request.names.remarks(), request.where);
  if (request.names.unique().empty()) {
    refuse(cf, request.where,
           "no identifiers for \"acme_certificate\": add names to it, or a "
           "server_name to the server");
    return false;
  }
  return manage(cf, main, std::move(request), own);
}

// False when there is no such issuer.
bool Discovery::find_issuers(ngx_conf_t* cf, MainConf& main,
                             Request& request) const {
  for (const std::string& name : request.issuer_names) {
    IssuerConf* issuer = main.find_issuer(name);
    if (issuer == nullptr) {
      refuse(cf, request.where,
             "issuer \"" + name +
                 "\" is missing: add an acme_issuer block of that name");
      return false;
    }
    if (request.is_rehearsal) {
      issuer = staging_twin(main, *issuer);
    }
    if (issuer != nullptr) {
      request.issuers.push_back(main.index_of(*issuer));
    } else if (request.issuer_names.size() > 1) {
      remark(cf, NGX_LOG_NOTICE, request.where,
             "issuer \"" + name +
                 "\" has no staging twin and takes no part in the dry run");
    }
  }
  if (request.issuers.empty()) {
    refuse(cf, request.where,
           "issuer \"" + request.issuer_names.front() +
               "\" has no staging twin for \"acme_dry_run\": give it one by "
               "\"staging_uri\"");
    return false;
  }
  return true;
}

TlsServer& Discovery::add_managed(const Request& request,
                                  ngx_http_ssl_srv_conf_t* ssl) {
  Managed& managed = managed_.emplace_back();
  managed.ssl = ssl;
  managed.server.fallback_policy = request.fallback;
  return managed.server;
}

// A server in the scope of `acme on` of which no name can be managed: nginx
// starts all the same, and serves it as it would without us.
bool Discovery::do_without(ngx_conf_t* cf, const Request& request,
                           ServerConf& own) {
  if (certificate_source(*request.ssl, *http_ssl_) !=
          CertificateSource::kNone ||
      !needs_certificate(*request.server, listeners_, *http_ssl_)) {
    return true;
  }
  own.is_self_signed_for_good =
      tell_self_signed_for_good(cf, *request.server, request.fallback);
  own.is_told = true;
  TlsServer& server = add_managed(request, request.ssl);
  server.parts.emplace_back();
  own.tls = &server;
  return give_context(cf, *request.ssl, server);
}

// True for a server that `acme on` has in its scope and does not touch.
bool Discovery::is_left_alone(ngx_conf_t* cf, const Request& request,
                              CertificateSource source, const ServerConf& own) {
  const SourceLine where = source_of(*request.server);
  if (rejects_handshakes(*request.ssl, *http_ssl_)) {
    remark(cf, NGX_LOG_WARN, where,
           "no certificate is ordered for \"" +
               request.names.unique().front().value +
               "\", whose server has \"ssl_reject_handshake on\": take that "
               "out to have it served, or say \"acme off\"");
    return true;
  }
  if (source == CertificateSource::kVariables) {
    remark(cf, NGX_LOG_NOTICE, where,
           "the server chooses its certificate by variables and is left "
           "alone");
    return true;
  }
  if (source == CertificateSource::kFiles && own.certificate_callback) {
    remark(cf, NGX_LOG_WARN, where,
           "\"" + own.certificate_callback->directive +
               "\" chooses the certificates of \"" +
               request.names.unique().front().value +
               "\", which is left alone: write \"acme off\" into the server, "
               "or \"acme_certificate\" to have it managed all the same");
    return true;
  }
  if (source != CertificateSource::kNone) {
    return false;
  }
  const std::string why = why_no_context(*request.ssl, *http_ssl_);
  if (why.empty() ||
      needs_certificate(*request.server, listeners_, *http_ssl_)) {
    return false;  // nginx says what is wrong
  }
  remark(cf, NGX_LOG_WARN, where,
         "nginx refuses " + why +
             " in a server with a certificate: this one gets none and stays "
             "the default server's to serve; mend that, or say \"acme off\"");
  return true;
}

bool Discovery::manage(ngx_conf_t* cf, const MainConf& main, Request request,
                       ServerConf& own) {
  const CertificateSource source =
      request.ssl == nullptr ? CertificateSource::kOurVariables
                             : certificate_source(*request.ssl, *http_ssl_);
  if (!request.is_explicit && is_left_alone(cf, request, source, own)) {
    own.is_told = true;
    return true;
  }
  if (request.is_explicit && request.ssl != nullptr &&
      rejects_handshakes(*request.ssl, *http_ssl_)) {
    remark(cf, NGX_LOG_WARN, source_of(*request.server),
           "\"ssl_reject_handshake on\" keeps the certificate for \"" +
               request.names.unique().front().value +
               "\" from being shown: take one or the other out");
  }
  const bool is_ours =
      source == CertificateSource::kNone || source == CertificateSource::kFiles;
  TlsServer& server = add_managed(request, is_ours ? request.ssl : nullptr);
  make_parts(main, request, server);
  if (source == CertificateSource::kNone &&
      !give_context(cf, *request.ssl, server)) {
    return false;
  }
  if (is_ours && own.certificate_callback) {
    remark(cf, NGX_LOG_WARN, own.certificate_callback->where,
           "\"" + own.certificate_callback->directive +
               "\" is not called for \"" +
               request.names.unique().front().value +
               "\", whose certificate is managed: take it out, or " +
               (request.is_explicit ? "\"acme_certificate\""
                                    : "write \"acme off\" into the server"));
  }
  server.parts.front().has_foreign_certificates =
      source == CertificateSource::kFiles;
  own.tls = &server;
  if (request.ssl != nullptr) {
    for (const Identifier& identifier : request.names.unique()) {
      https_names_.add(identifier.value,
                       {&server, listeners_.port_of(*request.server)});
    }
  }
  requests_.emplace_back(std::move(request), &server);
  return true;
}

// A list that an operator wrote out stays whole: the checker warns when it is
// too long for the CA.
void Discovery::make_parts(const MainConf& main, const Request& request,
                           TlsServer& server) {
  const std::vector<Identifier>& all = request.names.unique();
  std::size_t limit = all.size();
  if (!request.is_explicit) {
    for (const std::size_t issuer : request.issuers) {
      limit =
          std::min(limit, acme::most_identifiers(main.issuers[issuer]->spec));
    }
  }
  for (std::size_t begin = 0; begin < all.size(); begin += limit) {
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last = first + static_cast<std::ptrdiff_t>(
                                  std::min(limit, all.size() - begin));
    TlsPart& part = server.parts.emplace_back();
    part.identifiers.assign(first, last);
    if (begin != 0) {
      part.context.reset(SSL_CTX_new(TLS_server_method()));
      if (!part.context) {
        throw std::bad_alloc();
      }
    }
  }
  server.index_names();
}

// nginx would compress what the empty lists have, and warn that it cannot.
// Without that, it also overlooks what it refuses.
bool Discovery::give_context(ngx_conf_t* cf, ngx_http_ssl_srv_conf_t& ssl,
                             TlsServer& server) const {
  if (compresses_certificates(ssl, *http_ssl_) &&
      why_no_context(ssl, *http_ssl_).empty()) {
    server.compresses = true;
    set_certificate_compression(ssl, 0);
  }
  return make_empty_lists(cf, ssl);
}

}  // namespace ngx_acme
