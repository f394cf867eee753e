// SPDX-License-Identifier: BSD-2-Clause
// From server blocks to managed certificates.
#include "ngx_module/discovery.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "acme_core/engine/builtin_issuers.h"
#include "ngx_module/conf.h"
#include "ngx_module/ngx_compat.h"
#include "ngx_module/ngx_types.h"

namespace ngx_acme {
namespace {

using acme::Identifier;

ngx_http_ssl_srv_conf_t* ssl_conf(void* const* srv_conf) {
  return static_cast<ngx_http_ssl_srv_conf_t*>(
      srv_conf[ngx_http_ssl_module.ctx_index]);
}

void push_unique(std::vector<Identifier>& list, Identifier identifier) {
  if (std::find(list.begin(), list.end(), identifier) == list.end()) {
    list.push_back(std::move(identifier));
  }
}

// The names of a server that can be identifiers, and a remark about each that
// cannot: (name, why).
struct Names {
  std::vector<Identifier> usable;
  std::vector<std::pair<std::string, std::string>> unusable;
};

// `.example.com` stands for both example.com and www.example.com, as it does
// for the official module.
std::vector<std::string> spelled_out(std::string_view name) {
  if (name.starts_with('.')) {
    const std::string apex(name.substr(1));
    return {"www." + apex, apex};
  }
  return {std::string(name)};
}

bool is_regex(const ngx_http_server_name_t& name) {
#if (NGX_PCRE)
  return name.regex != nullptr;
#else
  static_cast<void>(name);
  return false;
#endif
}

Names names_of(const ngx_http_core_srv_conf_t& server) {
  Names names;
  const auto [first, last] =
      elements<ngx_http_server_name_t>(server.server_names);
  for (const auto* entry = first; entry != last; ++entry) {
    const std::string name(view(entry->name));
    if (name.empty()) {
      continue;
    }
    if (is_regex(*entry)) {
      names.unusable.emplace_back("~" + name, "a regular expression");
      continue;
    }
    for (const std::string& spelling : spelled_out(name)) {
      if (auto identifier = acme::parse_identifier(spelling)) {
        push_unique(names.usable, std::move(*identifier));
      } else {
        names.unusable.emplace_back(name, "not a host name");
        break;
      }
    }
  }
  return names;
}

// Why a name found in server_name gets no certificate although it is a valid
// identifier; one written in acme_certificate always does.
std::optional<std::string> why_skip(const Identifier& identifier,
                                    bool public_ca) {
  if (identifier.is_wildcard()) {
    return "a wildcard needs a DNS challenge";
  }
  if (identifier.type == Identifier::Type::kIp) {
    return "an IP address: name it in acme_certificate";
  }
  if (identifier.value.find('.') == std::string::npos) {
    return "a single label";
  }
  if (public_ca) {
    if (const auto reason = acme::why_not_public(identifier)) {
      return std::string(*reason);
    }
  }
  return std::nullopt;
}

void skip_unmanageable(Names& names, bool public_ca) {
  std::vector<Identifier> kept;
  for (Identifier& identifier : names.usable) {
    if (auto reason = why_skip(identifier, public_ca)) {
      names.unusable.emplace_back(identifier.value, std::move(*reason));
    } else {
      kept.push_back(std::move(identifier));
    }
  }
  names.usable = std::move(kept);
}

void log_skipped(ngx_conf_t* cf, const Names& names, const SourceLine& where) {
  if (names.unusable.empty()) {
    return;
  }
  std::string list;
  for (const auto& [name, why] : names.unusable) {
    list.append(list.empty() ? "\"" : ", \"").append(name);
    list.append("\" (").append(why).append(")");
  }
  ngx_log_error(NGX_LOG_NOTICE, cf->log, 0,
                "acme: no certificate for %s in %s:%ui", list.c_str(),
                where.file.c_str(), where.line);
}

bool is_public_ca(const acme::IssuerSpec& issuer) {
  return std::any_of(acme::kBuiltinIssuers.begin(), acme::kBuiltinIssuers.end(),
                     [&](const acme::BuiltinIssuer& builtin) {
                       return builtin.directory_url == issuer.directory_url;
                     });
}

// An operator who follows the official module's documentation writes
// "ssl_certificate $acme_certificate": that is us, not a file.
bool is_our_variable(const ngx_array_t* values, std::string_view name) {
  return values != nullptr && values != NGX_CONF_UNSET_PTR &&
         values->nelts == 1 &&
         view(*static_cast<const ngx_str_t*>(values->elts)) == name;
}

bool has_variables(const ngx_array_t* values) {
  const auto [first, last] = elements<ngx_str_t>(*values);
  return std::any_of(first, last, [](ngx_str_t& value) {
    return ngx_http_script_variables_count(&value) != 0;
  });
}

// Has nginx make the server's SSL_CTX without asking for certificate files.
bool empty_lists(ngx_conf_t* cf, ngx_http_ssl_srv_conf_t& ssl) {
  ssl.certificates = ngx_array_create(cf->pool, 1, sizeof(ngx_str_t));
  ssl.certificate_keys = ngx_array_create(cf->pool, 1, sizeof(ngx_str_t));
  return ssl.certificates != nullptr && ssl.certificate_keys != nullptr;
}

}  // namespace

// What one server asks for.
struct Discovery::Request {
  bool is_explicit = false;  ///< by acme_certificate
  std::vector<std::string> issuer_names;
  std::vector<std::size_t> issuers;  ///< the same, by index in the plan
  std::vector<Identifier> identifiers;
  std::vector<acme::KeyType> key_types{acme::KeyType::kEcdsa256};
  SourceLine where;
  ngx_http_ssl_srv_conf_t* ssl = nullptr;
};

void Discovery::begin(ngx_conf_t* cf) {
  http_ssl_ = ssl_conf(static_cast<ngx_http_conf_ctx_t*>(cf->ctx)->srv_conf);
  const auto* core = static_cast<ngx_http_core_main_conf_t*>(
      ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
  if (core->ports == nullptr) {
    return;
  }
  const auto [port, last_port] = elements<ngx_http_conf_port_t>(*core->ports);
  for (const auto* p = port; p != last_port; ++p) {
    const auto [address, last_address] =
        elements<ngx_http_conf_addr_t>(p->addrs);
    for (const auto* a = address; a != last_address; ++a) {
      if (speaks_tls(a->opt)) {
        const auto [server, last_server] =
            elements<ngx_http_core_srv_conf_t*>(a->servers);
        tls_servers_.insert(server, last_server);
      }
    }
  }
}

bool Discovery::listens_with_tls(const ngx_http_core_srv_conf_t* server) const {
  return tls_servers_.contains(server) ||
         has_ssl_on(*ssl_conf(server->ctx->srv_conf), *http_ssl_);
}

bool Discovery::add_server(ngx_conf_t* cf, MainConf& main,
                           const ServerConf& inherited, const ServerConf& own) {
  const auto* server = static_cast<ngx_http_core_srv_conf_t*>(
      ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module));
  const ServerConf& acme =
      own.mode == ServerConf::Mode::kUnset ? inherited : own;
  const bool is_managed =
      own.certificate.has_value() || acme.mode == ServerConf::Mode::kOn;
  if (!is_managed || !listens_with_tls(server)) {
    return true;
  }
  Request request;
  request.ssl = ssl_conf(server->ctx->srv_conf);
  if (own.certificate) {
    request.is_explicit = true;
    request.issuer_names = own.certificate->issuers;
    request.identifiers = own.certificate->identifiers;
    request.key_types = own.certificate->key_types;
    request.where = own.certificate->where;
  } else {
    request.issuer_names = acme.issuers;
    request.where = acme.where;
  }
  if (!find_issuers(cf, main, request)) {
    return false;
  }
  const acme::IssuerSpec& first = main.issuers[request.issuers.front()]->spec;
  if (request.identifiers.empty() &&
      !take_server_names(cf, *server, is_public_ca(first), request)) {
    return false;
  }
  if (request.identifiers.empty()) {
    return do_without(cf, *request.ssl);
  }
  return take_over(cf, request);
}

// False when there is no such issuer.
bool Discovery::find_issuers(ngx_conf_t* cf, const MainConf& main,
                             Request& request) {
  for (const std::string& name : request.issuer_names) {
    const IssuerConf* issuer = main.find_issuer(name);
    if (issuer == nullptr) {
      refuse(cf, request.where,
             "issuer \"" + name +
                 "\" is missing: add an acme_issuer block of that name");
      return false;
    }
    request.issuers.push_back(main.index_of(*issuer));
  }
  return true;
}

// Fills in the identifiers from server_name; false when an acme_certificate
// cannot be satisfied that way.
bool Discovery::take_server_names(ngx_conf_t* cf,
                                  const ngx_http_core_srv_conf_t& server,
                                  bool public_ca, Request& request) {
  Names names = names_of(server);
  if (request.is_explicit) {
    if (!names.unusable.empty()) {
      const auto& [name, why] = names.unusable.front();
      refuse(cf, request.where,
             "invalid server name \"" + name +
                 "\" for \"acme_certificate\": it is " + why +
                 "; list the names in acme_certificate");
      return false;
    }
    if (names.usable.empty()) {
      refuse(cf, request.where,
             "no identifiers for \"acme_certificate\": add names to it, or a "
             "server_name to the server");
      return false;
    }
  } else {
    skip_unmanageable(names, public_ca);
    log_skipped(cf, names,
                {reinterpret_cast<const char*>(server.file_name), server.line});
  }
  request.identifiers = std::move(names.usable);
  return true;
}

// A server in the scope of `acme on` of which no name can be managed, often the
// default server: nginx starts all the same, and its handshakes fail.
bool Discovery::do_without(ngx_conf_t* cf, ngx_http_ssl_srv_conf_t& ssl) const {
  return ssl.certificates != NGX_CONF_UNSET_PTR ||
         http_ssl_->certificates != NGX_CONF_UNSET_PTR || empty_lists(cf, ssl);
}

bool Discovery::take_over(ngx_conf_t* cf, const Request& request) {
  for (const Identifier& identifier : request.identifiers) {
    if (identifier.is_wildcard()) {
      refuse(cf, request.where,
             "wildcard \"" + identifier.value +
                 "\" needs a DNS challenge, which is not supported: list the "
                 "names themselves");
      return false;
    }
  }
  ngx_http_ssl_srv_conf_t& ssl = *request.ssl;
  const auto effective = [](ngx_array_t* own, ngx_array_t* inherited) {
    return own == NGX_CONF_UNSET_PTR ? inherited : own;
  };
  const ngx_array_t* certificates =
      effective(ssl.certificates, http_ssl_->certificates);
  const ngx_array_t* keys =
      effective(ssl.certificate_keys, http_ssl_->certificate_keys);

  bool operators_own = false;
  if (certificates == NGX_CONF_UNSET_PTR ||
      (is_our_variable(certificates, "$acme_certificate") &&
       is_our_variable(keys, "$acme_certificate_key"))) {
    if (!empty_lists(cf, ssl)) {
      return false;
    }
  } else if (has_variables(certificates)) {
    ngx_log_error(NGX_LOG_NOTICE, cf->log, 0,
                  "acme: the server chooses its certificate by variables and "
                  "is left alone in %s:%ui",
                  request.where.file.c_str(), request.where.line);
    return true;
  } else {
    operators_own = true;
  }
  Managed& managed = managed_.emplace_back();
  managed.ssl = &ssl;
  for (const acme::KeyType key_type : request.key_types) {
    managed.binding.add(
        share_or_add({request.issuers, request.identifiers, key_type}));
  }
  managed.binding.has_foreign_certificates = operators_own;
  return true;
}

std::size_t Discovery::share_or_add(acme::CertificateSpec spec) {
  const auto [entry, is_new] = known_.try_emplace(
      {spec.issuer(),
       std::set(spec.identifiers.begin(), spec.identifiers.end()),
       spec.key_type},
      certificates_.size());
  if (is_new) {
    certificates_.push_back(std::move(spec));
    return entry->second;
  }
  // Who has more issuers to fall back on takes the others along.
  acme::CertificateSpec& shared = certificates_[entry->second];
  if (spec.issuers.size() > shared.issuers.size()) {
    shared.issuers = std::move(spec.issuers);
  }
  return entry->second;
}

void Discovery::attach(const SharedZone& zone) {
  for (Managed& managed : managed_) {
    managed.binding.zone = &zone;
    if (managed.ssl->ssl.ctx != nullptr) {
      attach_certificate(managed.ssl->ssl.ctx, managed.binding);
    }
  }
}

}  // namespace ngx_acme
