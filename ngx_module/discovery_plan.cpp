// SPDX-License-Identifier: BSD-2-Clause
// From managed servers to certificates, when all servers have their TLS
// contexts.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "ngx_module/discovery.h"
#include "ngx_module/discovery_request.h"
#include "ngx_module/ngx_types.h"

namespace ngx_acme {
namespace {

using acme::KeyType;

SSL_CTX* context_of(const ngx_http_ssl_srv_conf_t* ssl) {
  return ssl == nullptr ? nullptr : ssl->ssl.ctx;
}

std::string listed(const std::vector<KeyType>& types) {
  std::string list;
  for (const KeyType type : types) {
    list.append(list.empty() ? "" : ",").append(acme::to_string(type));
  }
  return list;
}

std::string why_chosen(const std::vector<KeyType>& types,
                       const std::vector<KeyType>& by_settings) {
  if (types != by_settings) {
    return "its certificate of now is RSA";
  }
  if (types.size() > 1) {
    return "its TLS settings need both";
  }
  return types.front() == KeyType::kEcdsa256
             ? std::string()
             : "its TLS settings are for such keys";
}

}  // namespace

void Discovery::plan_certificates(ngx_conf_t* cf) {
  for (auto& [ssl, server] : managed_) {
    if (context_of(ssl) != nullptr) {
      server.key_fit = &key_fits_.of(cf, *ssl);
      server.compresses =
          server.compresses ||
          compresses_certificates(*ssl, *http_ssl_);  // those of files
    }
  }
  for (auto& [request, server] : requests_) {
    plan_server(cf, request, *server);
  }
  requests_.clear();
}

void Discovery::plan_server(ngx_conf_t* cf, const Request& request,
                            TlsServer& server) {
  std::vector<KeyType> key_types = request.options.key_types;
  std::string why_keys;
  SSL_CTX* context = context_of(request.ssl);
  if (context != nullptr) {
    KeyFit& fit = key_fits_.of(cf, *request.ssl);
    if (key_types.empty()) {
      key_types = fit.choose(has_rsa_certificate(context));
      why_keys = why_chosen(key_types, fit.choose(false));
    } else {
      warn_of_unusable_keys(cf, request, fit);
    }
  } else if (key_types.empty()) {
    key_types = {KeyType::kEcdsa256};
  }
  const SourceLine where =
      request.is_explicit ? request.where : source_of(*request.server);
  for (TlsPart& part : server.parts) {
    Group group{{}, request.is_explicit, where, why_keys};
    for (const KeyType key_type : key_types) {
      acme::CertificateSpec spec{request.issuers, part.identifiers, key_type};
      spec.challenges = request.options.challenges;
      spec.partial = request.partial;
      for (const acme::Identifier& implied : request.names.implied()) {
        if (std::find(part.identifiers.begin(), part.identifiers.end(),
                      implied) != part.identifiers.end()) {
          spec.implied.push_back(implied);
        }
      }
      if (server.parts.size() == 1) {
        spec.as_written = request.names.with_repetitions();
      }
      const auto [index, is_new] =
          share_or_add(cf, std::move(spec), request.where);
      part.add(index);
      if (is_new) {
        group.certificates.push_back(index);
      }
    }
    if (!group.certificates.empty()) {
      groups_.push_back(std::move(group));
    }
  }
}

void Discovery::warn_of_unusable_keys(ngx_conf_t* cf, const Request& request,
                                      KeyFit& fit) {
  const std::vector<KeyType>& types = request.options.key_types;
  TlsVersions served = TlsVersions::kNone;
  for (const KeyType type : types) {
    served = served | fit.serves(type);
  }
  const TlsVersions servable = fit.servable();
  const TlsVersions missing = lacking(served, servable);
  if (missing == TlsVersions::kNone ||
      !warned_of_keys_.insert(request.where).second) {
    return;
  }
  std::string whom = "no client";
  if (missing != servable) {
    whom += missing == TlsVersions::k13 ? " with TLS 1.3" : " below TLS 1.3";
  }
  remark(cf, NGX_LOG_WARN, request.where,
         "with \"key=" + listed(types) + "\" " + whom + " can connect to \"" +
             request.names.unique().front().value +
             "\", whose ciphers, protocols and signatures are for other keys: "
             "leave \"key\" out, or write \"key=" +
             listed(fit.choose(false)) + "\"");
}

// A certificate is ordered once, for all servers that have it.
std::pair<std::size_t, bool> Discovery::share_or_add(ngx_conf_t* cf,
                                                     acme::CertificateSpec spec,
                                                     const SourceLine& where) {
  const auto [entry, is_new] = known_.try_emplace(
      {spec.issuer(),
       std::set(spec.identifiers.begin(), spec.identifiers.end()),
       spec.key_type},
      certificates_.size());
  if (is_new) {
    certificates_.push_back(std::move(spec));
    certificate_places_.push_back(where);
    return {entry->second, true};
  }
  acme::CertificateSpec& shared = certificates_[entry->second];
  // All may be fallen back on.
  for (const std::size_t issuer : spec.issuers) {
    if (std::find(shared.issuers.begin(), shared.issuers.end(), issuer) ==
        shared.issuers.end()) {
      shared.issuers.push_back(issuer);
    }
  }
  shared.partial = shared.partial && spec.partial;
  std::erase_if(shared.implied, [&](const acme::Identifier& name) {
    return std::find(spec.implied.begin(), spec.implied.end(), name) ==
           spec.implied.end();
  });
  if (shared.challenges.empty() && !spec.challenges.empty()) {
    shared.challenges = std::move(spec.challenges);
    certificate_places_[entry->second] = where;
  } else if (!spec.challenges.empty() && spec.challenges != shared.challenges) {
    const SourceLine& first = certificate_places_[entry->second];
    remark(cf, NGX_LOG_WARN, where,
           "certificate \"" + shared.name() +
               "\" is for several servers and proved as " + first.file + ":" +
               std::to_string(first.line) +
               " says: give \"challenge\" the same value, which is another "
               "one");
  }
  return {entry->second, false};
}

void Discovery::attach(ngx_conf_t* cf, const SharedZone* zone,
                       SpareCertificates* spares, FallbackKeys& keys) {
  bool some_reject = false;
  for (auto& [ssl, server] : managed_) {
    server.zone = zone;
    server.spares = spares;
    if (context_of(ssl) != nullptr) {
      server.fallback_key = &keys.of(server.key_fit->choose(false).front());
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
    SSL_CTX* context = static_cast<ngx_http_ssl_srv_conf_t*>(
                           server->ctx->srv_conf[ngx_http_ssl_module.ctx_index])
                           ->ssl.ctx;
    if (context != nullptr) {
      reject_while_uncertified(context);
    }
  });
}

}  // namespace ngx_acme
