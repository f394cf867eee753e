// SPDX-License-Identifier: BSD-2-Clause
// From server blocks to managed certificates.
#include "ngx_module/discovery.h"

#include <algorithm>
#include <new>
#include <optional>
#include <string_view>
#include <utility>

#include "acme_core/engine/builtin_issuers.h"
#include "acme_core/engine/challenge_choice.h"
#include "ngx_module/conf.h"
#include "ngx_module/conf_issuer.h"
#include "ngx_module/ngx_compat.h"
#include "ngx_module/ngx_types.h"
#include "ngx_module/server_names.h"

namespace ngx_acme {
namespace {

using acme::Identifier;

constexpr in_port_t kHttpsPort = 443;

ngx_http_ssl_srv_conf_t* ssl_conf(void* const* srv_conf) {
  return static_cast<ngx_http_ssl_srv_conf_t*>(
      srv_conf[ngx_http_ssl_module.ctx_index]);
}

SourceLine source_of(const ngx_http_core_srv_conf_t& server) {
  return {reinterpret_cast<const char*>(server.file_name), server.line};
}

// Those of several remarks on one line.
void log_left_out(ngx_conf_t* cf, ngx_uint_t level,
                  const std::vector<NameList::Remark>& names,
                  const SourceLine& where) {
  if (names.empty()) {
    return;
  }
  std::string list;
  for (const auto& [name, why] : names) {
    list.append(list.empty() ? "\"" : ", \"").append(name);
    list.append("\" (").append(why).append(")");
  }
  remark(cf, level, where, "no certificate for " + list);
}

// How a server comes by its certificates without us.
enum class CertificateSource {
  kNone,          ///< it does not, or leaves it to us
  kFiles,         ///< the operator's own
  kVariables,     ///< chosen at each handshake
  kOurVariables,  ///< likewise, with ours among them
};

const ngx_array_t* effective(const ngx_array_t* own,
                             const ngx_array_t* inherited) {
  return own == NGX_CONF_UNSET_PTR ? inherited : own;
}

bool is_only(const ngx_array_t& values, std::string_view variable) {
  return values.nelts == 1 &&
         view(*static_cast<const ngx_str_t*>(values.elts)) == variable;
}

template <typename Predicate>
bool any_value(const ngx_array_t& values, Predicate predicate) {
  const auto [first, last] = elements<ngx_str_t>(values);
  return std::any_of(first, last, predicate);
}

// An operator who follows the official module's documentation writes
// "ssl_certificate $acme_certificate": that is us, not a file.
CertificateSource source_of(const ngx_http_ssl_srv_conf_t& ssl,
                            const ngx_http_ssl_srv_conf_t& http) {
  const ngx_array_t* certificates =
      effective(ssl.certificates, http.certificates);
  const ngx_array_t* keys =
      effective(ssl.certificate_keys, http.certificate_keys);
  if (certificates == NGX_CONF_UNSET_PTR || certificates == nullptr) {
    return CertificateSource::kNone;
  }
  if (is_only(*certificates, "$acme_certificate") && keys != nullptr &&
      keys != NGX_CONF_UNSET_PTR && is_only(*keys, "$acme_certificate_key")) {
    return CertificateSource::kNone;
  }
  if (!any_value(*certificates, [](ngx_str_t& value) {
        return ngx_http_script_variables_count(&value) != 0;
      })) {
    return CertificateSource::kFiles;
  }
  return any_value(*certificates,
                   [](const ngx_str_t& value) {
                     return view(value).find("acme_certificate") !=
                            std::string_view::npos;
                   })
             ? CertificateSource::kOurVariables
             : CertificateSource::kVariables;
}

// Has nginx make the server's SSL_CTX without asking for certificate files.
bool empty_lists(ngx_conf_t* cf, ngx_http_ssl_srv_conf_t& ssl) {
  ssl.certificates = ngx_array_create(cf->pool, 1, sizeof(ngx_str_t));
  ssl.certificate_keys = ngx_array_create(cf->pool, 1, sizeof(ngx_str_t));
  return ssl.certificates != nullptr && ssl.certificate_keys != nullptr;
}

bool is_public_ca(const acme::IssuerSpec& issuer) {
  return acme::find_builtin_url(issuer.directory_url) != nullptr;
}

// Not by dns-persist-01 unless it was asked for: nobody has made its record.
bool proves_wildcard(const acme::IssuerSpec& issuer,
                     const CertificateOptions& options,
                     const Identifier& wildcard) {
  acme::CertificateSpec certificate;
  certificate.challenges = options.challenges;
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
bool take_all_names(ngx_conf_t* cf, const ngx_http_core_srv_conf_t& server,
                    const SourceLine& where, const WildcardTest& is_provable,
                    NameList& names) {
  ServerNames found = names_of(server, is_provable);
  if (!found.malformed.empty()) {
    refuse(cf, where,
           "invalid server name \"" + found.malformed.front() +
               "\" for \"acme_certificate\": it is not a host name; list the "
               "names in acme_certificate");
    return false;
  }
  names = std::move(found.names);
  return true;
}

// Fills in those names of server_name that can be managed, for acme.
NameList manageable_names(ngx_conf_t* cf,
                          const ngx_http_core_srv_conf_t& server,
                          bool public_ca, const WildcardTest& is_provable) {
  const ServerNames found = names_of(server, is_provable);
  NameList names;
  std::vector<NameList::Remark> natural = found.names.remarks();
  std::vector<NameList::Remark> unserved;
  for (const std::string& name : found.malformed) {
    natural.emplace_back(name, "not a host name");
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
  log_left_out(cf, NGX_LOG_NOTICE, natural, source_of(server));
  log_left_out(cf, NGX_LOG_WARN, unserved, source_of(server));
  return names;
}

}  // namespace

// What one server asks for.
struct Discovery::Request {
  const ngx_http_core_srv_conf_t* server = nullptr;
  bool is_explicit = false;  ///< by acme_certificate
  bool is_rehearsal = false;
  FallbackPolicy fallback = FallbackPolicy::kSelfSigned;
  std::vector<std::string> issuer_names;
  std::vector<std::size_t> issuers;  ///< the same, by index in the plan
  NameList names;
  CertificateOptions options;
  SourceLine where;                        ///< of the directive
  ngx_http_ssl_srv_conf_t* ssl = nullptr;  ///< null: no TLS
};

void Discovery::begin(ngx_conf_t* cf) {
  http_ssl_ = ssl_conf(static_cast<ngx_http_conf_ctx_t*>(cf->ctx)->srv_conf);
  const auto* core = static_cast<ngx_http_core_main_conf_t*>(
      ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
  if (core->ports == nullptr) {
    return;
  }
  const auto [port, last_port] = elements<ngx_http_conf_port_t>(*core->ports);
  std::for_each(port, last_port, [this](const ngx_http_conf_port_t& each) {
    remember_listeners(each);
  });
}

void Discovery::remember_listeners(const ngx_http_conf_port_t& port) {
  const auto [address, last_address] =
      elements<ngx_http_conf_addr_t>(port.addrs);
  for (const auto* a = address; a != last_address; ++a) {
    const in_port_t number = ngx_inet_get_port(a->opt.sockaddr);
    const auto [server, last_server] =
        elements<ngx_http_core_srv_conf_t*>(a->servers);
    for (auto* const* s = server; s != last_server; ++s) {
      if (speaks_tls(a->opt) ||
          has_ssl_on(*ssl_conf((*s)->ctx->srv_conf), *http_ssl_)) {
        in_port_t& known = tls_ports_.try_emplace(*s, number).first->second;
        known = number == kHttpsPort ? number : known;
      } else if (number == kHttpsPort) {
        plain_https_.insert(*s);
      }
    }
  }
}

bool Discovery::add_server(ngx_conf_t* cf, MainConf& main,
                           const ServerConf& inherited, ServerConf& own) {
  const auto* server = static_cast<ngx_http_core_srv_conf_t*>(
      ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module));
  inherit(own.dry_run, inherited.dry_run);
  inherit(own.fallback, inherited.fallback);
  inherit(own.redirect, inherited.redirect);
  inherit(own.hsts, inherited.hsts);
  const ServerConf& acme =
      own.mode == ServerConf::Mode::kUnset ? inherited : own;
  if (!own.certificate && acme.mode != ServerConf::Mode::kOn) {
    return true;
  }
  Request request;
  request.server = server;
  request.is_rehearsal = own.dry_run.value_or(false);
  request.fallback = own.fallback.value_or(FallbackPolicy::kSelfSigned);
  const bool has_tls = tls_ports_.contains(server);
  if (has_tls) {
    request.ssl = ssl_conf(server->ctx->srv_conf);
  } else if (plain_https_.contains(server)) {
    remark(cf, NGX_LOG_WARN, source_of(*server),
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
  if (!request.is_explicit) {
    request.names =
        manageable_names(cf, *server, is_public_ca(first), is_provable);
    request.names.drop_covered(is_provable);
    return request.names.unique().empty() ? do_without(cf, request, own)
                                          : manage(cf, main, request, own);
  }
  if (!own.certificate->has_names &&
      !take_all_names(cf, *server, request.where, is_provable, request.names)) {
    return false;
  }
  request.names.drop_covered(is_provable);
  log_left_out(cf, NGX_LOG_WARN, request.names.remarks(), request.where);
  if (request.names.unique().empty()) {
    refuse(cf, request.where,
           "no identifiers for \"acme_certificate\": add names to it, or a "
           "server_name to the server");
    return false;
  }
  return manage(cf, main, request, own);
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

// A server in the scope of `acme on` of which no name can be managed, often the
// default server: nginx starts all the same.
bool Discovery::do_without(ngx_conf_t* cf, const Request& request,
                           ServerConf& own) {
  if (source_of(*request.ssl, *http_ssl_) != CertificateSource::kNone) {
    return true;
  }
  TlsServer& server = add_managed(request, request.ssl);
  server.parts.emplace_back();
  own.tls = &server;
  return empty_lists(cf, *request.ssl);
}

bool Discovery::manage(ngx_conf_t* cf, const MainConf& main,
                       const Request& request, ServerConf& own) {
  const CertificateSource source = request.ssl == nullptr
                                       ? CertificateSource::kOurVariables
                                       : source_of(*request.ssl, *http_ssl_);
  if (source == CertificateSource::kVariables && !request.is_explicit) {
    remark(cf, NGX_LOG_NOTICE, request.where,
           "the server chooses its certificate by variables and is left "
           "alone");
    return true;
  }
  const bool is_ours =
      source == CertificateSource::kNone || source == CertificateSource::kFiles;
  if (source == CertificateSource::kNone && !empty_lists(cf, *request.ssl)) {
    return false;
  }
  TlsServer& server = add_managed(request, is_ours ? request.ssl : nullptr);
  add_parts(main, request, server);
  server.parts.front().has_foreign_certificates =
      source == CertificateSource::kFiles;
  own.tls = &server;
  if (request.ssl != nullptr) {
    for (const Identifier& identifier : request.names.unique()) {
      https_names_.add(identifier.value,
                       {&server, tls_ports_.at(request.server)});
    }
  }
  return true;
}

// A list that an operator wrote out stays whole: the checker warns when it is
// too long for the CA.
void Discovery::add_parts(const MainConf& main, const Request& request,
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
    Group group{
        {},
        request.is_explicit,
        request.is_explicit ? request.where : source_of(*request.server)};
    for (const acme::KeyType key_type : request.options.key_types) {
      acme::CertificateSpec spec{request.issuers, part.identifiers, key_type};
      spec.challenges = request.options.challenges;
      if (limit == all.size()) {
        spec.as_written = request.names.with_repetitions();
      }
      const auto [index, is_new] = share_or_add(std::move(spec));
      part.add(index);
      if (is_new) {
        group.certificates.push_back(index);
      }
    }
    if (!group.certificates.empty()) {
      groups_.push_back(std::move(group));
    }
  }
  server.index_names();
}

std::pair<std::size_t, bool> Discovery::share_or_add(
    acme::CertificateSpec spec) {
  const auto [entry, is_new] = known_.try_emplace(
      {spec.issuer(),
       std::set(spec.identifiers.begin(), spec.identifiers.end()),
       spec.key_type},
      certificates_.size());
  if (is_new) {
    certificates_.push_back(std::move(spec));
    return {entry->second, true};
  }
  // Who has more issuers to fall back on takes the others along.
  acme::CertificateSpec& shared = certificates_[entry->second];
  if (spec.issuers.size() > shared.issuers.size()) {
    shared.issuers = std::move(spec.issuers);
  }
  return {entry->second, false};
}

void Discovery::attach(ngx_conf_t* cf, const SharedZone* zone,
                       const FallbackKey& key) {
  bool some_reject = false;
  for (auto& [ssl, server] : managed_) {
    server.zone = zone;
    server.fallback_key = &key;
    if (ssl != nullptr && ssl->ssl.ctx != nullptr) {
      attach_certificates(ssl->ssl.ctx, server);
      some_reject |= server.fallback_policy == FallbackPolicy::kReject;
    }
  }
  if (!some_reject) {
    return;
  }
  const auto* core = static_cast<ngx_http_core_main_conf_t*>(
      ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
  const auto [first, last] = elements<ngx_http_core_srv_conf_t*>(core->servers);
  std::for_each(first, last, [](const ngx_http_core_srv_conf_t* server) {
    SSL_CTX* context = ssl_conf(server->ctx->srv_conf)->ssl.ctx;
    if (context != nullptr) {
      reject_while_uncertified(context);
    }
  });
}

}  // namespace ngx_acme
