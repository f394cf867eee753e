// SPDX-License-Identifier: BSD-2-Clause
// From server blocks to managed certificates.
#include "ngx_module/config/discovery.h"

#include <algorithm>
#include <new>
#include <optional>
#include <utility>

#include "acme_core/engine/builtin_issuers.h"
#include "acme_core/engine/public_names.h"
#include "ngx_module/config/issuers.h"
#include "ngx_module/config/main_conf.h"
#include "ngx_module/config/managed_names.h"
#include "ngx_module/config/report.h"
#include "ngx_module/config/self_signed_server.h"
#include "ngx_module/nginx/http_block.h"
#include "ngx_module/nginx/ngx_compat.h"
#include "ngx_module/serve/served_server.h"
#include "ngx_module/serve/tls_certificate.h"

namespace ngx_acme {
namespace {

using acme::Identifier;

template <typename T>
void inherit(std::optional<T>& own, const std::optional<T>& inherited) {
  if (!own) {
    own = inherited;
  }
}

// A list that an operator wrote out stays whole: the checker warns when it is
// too long for the CA.
void make_parts(const MainConf& main, const ManagedServer& managed,
                TlsServer& server) {
  const std::vector<Identifier>& all = managed.names.unique();
  std::size_t limit = all.size();
  if (!managed.is_explicit) {
    for (const std::size_t issuer : managed.issuers) {
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

}  // namespace

void Discovery::begin(ngx_conf_t* cf) {
  http_ssl_ = &http_ssl_conf(cf);
  listeners_.read(cf);
  ignored_names_.read(cf);
}

bool Discovery::add_server(ngx_conf_t* cf, MainConf& main,
                           const ServerConf& inherited, ServerConf& own) {
  const auto& server = *static_cast<ngx_http_core_srv_conf_t*>(
      ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module));
  inherit(own.dry_run, inherited.dry_run);
  inherit(own.fallback, inherited.fallback);
  inherit(own.partial, inherited.partial);
  inherit(own.redirect, inherited.redirect);
  inherit(own.hsts, inherited.hsts);
  inherit(own.certificate_callback, inherited.certificate_callback);
  inherit(own.client_hello_callback, inherited.client_hello_callback);
  ServedServer& served = served_server(server);
  served.hsts = own.hsts.value_or("");
  if (!take_server(cf, main, server, inherited, own)) {
    return false;
  }
  if (served.tls == nullptr) {
    remember_unmanaged(server);
  }
  return true;
}

// Where its names are served over TLS without us.
void Discovery::remember_unmanaged(const ngx_http_core_srv_conf_t& server) {
  const ngx_http_ssl_srv_conf_t& ssl = ssl_conf(server);
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

// Which servers: those with acme_certificate, and those that speak TLS in the
// scope of an `acme`.
bool Discovery::take_server(ngx_conf_t* cf, MainConf& main,
                            const ngx_http_core_srv_conf_t& server,
                            const ServerConf& inherited, ServerConf& own) {
  const ServerConf& acme =
      own.mode == ServerConf::Mode::kUnset ? inherited : own;
  if (!own.certificate && acme.mode != ServerConf::Mode::kOn) {
    return true;
  }
  ManagedServer managed;
  managed.server = &server;
  managed.partial = own.partial.value_or(true);
  managed.is_explicit = own.certificate.has_value();
  if (listeners_.has(server)) {
    managed.ssl = &ssl_conf(server);
  } else if (listeners_.is_plain_https(server)) {
    remark(cf, NGX_LOG_WARN, source_of(server),
           "the server listens on port 443 without \"ssl\" and serves no "
           "certificate: write \"listen 443 ssl;\"");
  }
  if (!managed.is_explicit && managed.ssl == nullptr) {
    return true;
  }
  managed.where = own.certificate ? own.certificate->where : acme.where;
  managed.options = own.certificate ? own.certificate->options : acme.options;
  auto issuers = find_issuers(
      cf, main, own.certificate ? own.certificate->issuers : acme.issuers,
      own.dry_run.value_or(false), managed.where);
  if (!issuers) {
    return false;
  }
  managed.issuers = std::move(*issuers);
  if (!find_names(cf, main, ignored_names_, managed, own)) {
    return false;
  }
  return managed.names.unique().empty()
             ? do_without(cf, std::move(managed), own)
             : manage(cf, main, std::move(managed), own);
}

TlsServer& Discovery::add_managed(ManagedServer& managed,
                                  const ServerConf& own) {
  TlsServer& server = tls_servers_.emplace_back();
  server.fallback_policy = own.fallback.value_or(FallbackPolicy::kSelfSigned);
  managed.tls = &server;
  served_server(*managed.server).tls = &server;
  return server;
}

// A server in the scope of `acme on` of which no name can be managed: nginx
// starts all the same, and serves it as it would without us.
bool Discovery::do_without(ngx_conf_t* cf, ManagedServer managed,
                           ServerConf& own) {
  if (certificate_source(*managed.ssl, *http_ssl_) !=
          CertificateSource::kNone ||
      !needs_certificate(*managed.server, listeners_, *http_ssl_)) {
    return true;
  }
  managed.has_our_context = true;
  TlsServer& server = add_managed(managed, own);
  server.parts.emplace_back();
  own.is_self_signed_for_good =
      tell_self_signed_for_good(cf, *managed.server, server.fallback_policy);
  own.is_told = true;
  const ManagedServer& kept = managed_.emplace_back(std::move(managed));
  return give_context(cf, *kept.ssl, server);
}

// True for a server that `acme on` has in its scope and does not touch.
bool Discovery::is_left_alone(ngx_conf_t* cf, const ManagedServer& managed,
                              CertificateSource source,
                              const ServerConf& own) const {
  const SourceLine where = source_of(*managed.server);
  if (rejects_handshakes(*managed.ssl, *http_ssl_)) {
    remark(cf, NGX_LOG_WARN, where,
           "no certificate is ordered for \"" + managed.first_name() +
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
               "\" chooses the certificates of \"" + managed.first_name() +
               "\", which is left alone: write \"acme off\" into the server, "
               "or \"acme_certificate\" to have it managed all the same");
    return true;
  }
  if (source != CertificateSource::kNone) {
    return false;
  }
  const std::string why = why_no_context(*managed.ssl, *http_ssl_);
  if (why.empty() ||
      needs_certificate(*managed.server, listeners_, *http_ssl_)) {
    return false;  // nginx says what is wrong
  }
  remark(cf, NGX_LOG_WARN, where,
         "nginx refuses " + why +
             " in a server with a certificate: this one gets none and stays "
             "the default server's to serve; mend that, or say \"acme off\"");
  return true;
}

bool Discovery::manage(ngx_conf_t* cf, const MainConf& main,
                       ManagedServer managed, ServerConf& own) {
  const CertificateSource source =
      managed.ssl == nullptr ? CertificateSource::kOurVariables
                             : certificate_source(*managed.ssl, *http_ssl_);
  if (!managed.is_explicit && is_left_alone(cf, managed, source, own)) {
    own.is_told = true;
    return true;
  }
  if (managed.is_explicit && managed.ssl != nullptr &&
      rejects_handshakes(*managed.ssl, *http_ssl_)) {
    remark(cf, NGX_LOG_WARN, source_of(*managed.server),
           "\"ssl_reject_handshake on\" keeps the certificate for \"" +
               managed.first_name() +
               "\" from being shown: take one or the other out");
  }
  managed.has_our_context =
      source == CertificateSource::kNone || source == CertificateSource::kFiles;
  TlsServer& server = add_managed(managed, own);
  make_parts(main, managed, server);
  if (source == CertificateSource::kNone &&
      !give_context(cf, *managed.ssl, server)) {
    return false;
  }
  if (managed.has_our_context && own.certificate_callback) {
    remark(cf, NGX_LOG_WARN, own.certificate_callback->where,
           "\"" + own.certificate_callback->directive +
               "\" is not called for \"" + managed.first_name() +
               "\", whose certificate is managed: take it out, or " +
               (managed.is_explicit ? "\"acme_certificate\""
                                    : "write \"acme off\" into the server"));
  }
  server.parts.front().has_foreign_certificates =
      source == CertificateSource::kFiles;
  if (managed.ssl != nullptr) {
    for (const Identifier& identifier : managed.names.unique()) {
      https_names_.add(identifier.value,
                       {&server, listeners_.port_of(*managed.server)});
    }
  }
  managed_.push_back(std::move(managed));
  return true;
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

void Discovery::plan_certificates(ngx_conf_t* cf) {
  for (ManagedServer& managed : managed_) {
    TlsServer& server = *managed.tls;
    KeyFit* fit = managed.context() == nullptr
                      ? nullptr
                      : &key_fits_.of(cf, *managed.ssl);
    if (managed.has_our_context && fit != nullptr) {
      server.key_fit = fit;
      server.compresses =
          server.compresses ||
          compresses_certificates(*managed.ssl, *http_ssl_);  // those of files
    }
    if (!managed.names.unique().empty()) {
      plan_.add(cf, managed, fit);
      remember_place(managed);
    }
  }
}

void Discovery::remember_place(const ManagedServer& managed) {
  for (const TlsPart& part : managed.tls->parts) {
    for (const TlsPart::Certificate& certificate : part.certificates()) {
      places_.resize(std::max(places_.size(), certificate.index + 1));
      places_[certificate.index].push_back(source_of(*managed.server));
    }
  }
}

void Discovery::attach(ngx_conf_t* cf, const Memory& memory,
                       FallbackKeys& keys) {
  bool some_reject = false;
  for (const ManagedServer& managed : managed_) {
    TlsServer& server = *managed.tls;
    server.zone = memory.zone;
    server.spares = memory.spares;
    server.status = memory.status;
    if (managed.has_our_context && managed.context() != nullptr) {
      server.fallback_key = &keys.of(server.key_fit->choose(false).front());
      attach_certificates(managed.context(), server);
      some_reject |= server.fallback_policy == FallbackPolicy::kReject;
    }
  }
  managed_ = {};
  if (!some_reject) {
    return;
  }
  for (const ngx_http_core_srv_conf_t* server : servers_of(cf)) {
    if (SSL_CTX* context = ssl_conf(*server).ssl.ctx; context != nullptr) {
      reject_while_uncertified(context);
    }
  }
}

}  // namespace ngx_acme
