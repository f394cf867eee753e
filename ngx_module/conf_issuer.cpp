// SPDX-License-Identifier: BSD-2-Clause
// The acme_issuer block.
#include "ngx_module/conf_issuer.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>

#include "acme_core/engine/builtin_issuers.h"
#include "ngx_module/conf_values.h"
#include "ngx_module/ngx_guard.h"
#include "ngx_module/ngx_types.h"

namespace ngx_acme {
namespace {

std::string quoted(const ngx_str_t& text) {
  return "\"" + std::string(view(text)) + "\"";
}

using Arguments = std::span<ngx_str_t>;

void set_uri(ngx_conf_t*, IssuerConf& issuer, Arguments args) {
  if (!issuer.spec.directory_url.empty()) {
    fail("\"uri\" directive is duplicate");
  }
  const std::string_view url = view(args[1]);
  if (!url.starts_with("https://") || url.size() == sizeof("https://") - 1) {
    fail("invalid uri " + quoted(args[1]) +
         ": give the https URL of the CA's directory");
  }
  issuer.spec.directory_url = url;
}

void set_contact(ngx_conf_t*, IssuerConf& issuer, Arguments args) {
  for (const ngx_str_t& argument : args.subspan(1)) {
    issuer.spec.contacts.push_back(contact_url(argument));
  }
}

void set_account_key(ngx_conf_t* cf, IssuerConf& issuer, Arguments args) {
  if (std::exchange(issuer.account_key_set, true)) {
    fail("\"account_key\" directive is duplicate");
  }
  if (const auto type = parse_key_argument(view(args[1]))) {
    issuer.spec.account_key_type = *type;
    return;
  }
  issuer.spec.account_key = read_configured_file(cf, args[1]);
  if (!acme::PrivateKey::from_pem(issuer.spec.account_key)) {
    fail("cannot load account key " + quoted(args[1]) +
         ": it must be an unencrypted PEM key, ECDSA P-256, P-384 or P-521, or "
         "RSA of 2048, 3072 or 4096 bits");
  }
}

void set_ssl_verify(ngx_conf_t*, IssuerConf& issuer, Arguments args) {
  if (std::exchange(issuer.verify_set, true)) {
    fail("\"ssl_verify\" directive is duplicate");
  }
  const std::string_view value = view(args[1]);
  if (value != "on" && value != "off") {
    fail("invalid value " + quoted(args[1]) +
         " in \"ssl_verify\" directive, it must be \"on\" or \"off\"");
  }
  issuer.spec.verify_peer = value == "on";
}

void set_ssl_trusted_certificate(ngx_conf_t* cf, IssuerConf& issuer,
                                 Arguments args) {
  if (!issuer.spec.trusted_certificates.empty()) {
    fail("\"ssl_trusted_certificate\" directive is duplicate");
  }
  const acme::SecretBytes pem = read_configured_file(cf, args[1]);
  issuer.spec.trusted_certificates.assign(pem.begin(), pem.end());
  if (issuer.spec.trusted_certificates.find("-----BEGIN CERTIFICATE-----") ==
      std::string::npos) {
    fail("no certificate in " + quoted(args[1]) +
         ": \"ssl_trusted_certificate\" needs a file in PEM format");
  }
}

void set_state_path(ngx_conf_t* cf, IssuerConf& issuer, Arguments args) {
  if (std::exchange(issuer.state_path_set, true)) {
    fail("\"state_path\" directive is duplicate");
  }
  if (view(args[1]) == "off") {
    return;
  }
  issuer.state_path = make_path(cf, args[1]);
}

void set_accept_terms_of_service(ngx_conf_t*, IssuerConf& issuer, Arguments) {
  if (std::exchange(issuer.spec.terms_of_service_agreed, true)) {
    fail("\"accept_terms_of_service\" directive is duplicate");
  }
}

struct IssuerDirective {
  std::string_view name;
  std::size_t least_arguments;
  std::size_t most_arguments;
  void (*set)(ngx_conf_t*, IssuerConf&, Arguments);
};

constexpr std::size_t kAnyNumber = NGX_CONF_MAX_ARGS;

constexpr std::array kIssuerDirectives{
    IssuerDirective{"uri", 1, 1, set_uri},
    IssuerDirective{"contact", 1, kAnyNumber, set_contact},
    IssuerDirective{"account_key", 1, 1, set_account_key},
    IssuerDirective{"ssl_verify", 1, 1, set_ssl_verify},
    IssuerDirective{"ssl_trusted_certificate", 1, 1,
                    set_ssl_trusted_certificate},
    IssuerDirective{"state_path", 1, 1, set_state_path},
    IssuerDirective{"accept_terms_of_service", 0, 0,
                    set_accept_terms_of_service},
};

char* issuer_directive(ngx_conf_t* cf, void* issuer) {
  const auto [first, last] = elements<ngx_str_t>(*cf->args);
  const Arguments args(first, last);
  if (view(args[0]) == "include") {
    return ngx_conf_include(cf, nullptr, nullptr);
  }
  const auto directive =
      std::find_if(kIssuerDirectives.begin(), kIssuerDirectives.end(),
                   [&](const IssuerDirective& known) {
                     return known.name == view(args[0]);
                   });
  if (directive == kIssuerDirectives.end()) {
    fail("unknown directive " + quoted(args[0]) + " in \"acme_issuer\"");
  }
  const std::size_t count = args.size() - 1;
  if (count < directive->least_arguments || count > directive->most_arguments) {
    fail("invalid number of arguments in " + quoted(args[0]) + " directive");
  }
  directive->set(cf, *static_cast<IssuerConf*>(issuer), args);
  return NGX_CONF_OK;
}

// nginx calls it for each directive of the block.
char* issuer_handler(ngx_conf_t* cf, ngx_command_t*, void* issuer) noexcept {
  return guarded_directive<issuer_directive, void*>(cf, issuer);
}

// Default state directories stand beside nginx's own temporary folders, which
// its packager made writable: /var/lib/nginx/acme_NAME for Debian.
std::string default_state_path(const std::string& issuer) {
  std::string prefix = NGX_ACME_STATE_PREFIX;
  if (prefix.empty()) {
    const std::string_view neighbour = NGX_HTTP_CLIENT_TEMP_PATH;
    const std::size_t slash = neighbour.rfind('/');
    if (slash != std::string_view::npos) {
      prefix = neighbour.substr(0, slash);
    }
  }
  if (!prefix.empty() && !prefix.ends_with('/')) {
    prefix += '/';
  }
  return prefix + "acme_" + issuer;
}

}  // namespace

char* acme_issuer(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  auto& main = *static_cast<MainConf*>(conf);
  const std::string name(
      view(static_cast<const ngx_str_t*>(cf->args->elts)[1]));
  if (name.empty() || name == "on" || name == "off" ||
      name.find('/') != std::string::npos) {
    fail("invalid issuer name \"" + name + "\"");
  }
  if (main.find_issuer(name) != nullptr) {
    fail("issuer \"" + name + "\" is duplicate");
  }
  auto& issuer = *main.issuers.emplace_back(std::make_unique<IssuerConf>());
  issuer.spec.name = name;
  issuer.where = SourceLine::current(cf);

  ngx_conf_t saved = *cf;
  cf->handler = issuer_handler;
  cf->handler_conf = &issuer;
  char* result = ngx_conf_parse(cf, nullptr);
  *cf = saved;
  if (result == NGX_CONF_OK && issuer.spec.directory_url.empty()) {
    fail("no \"uri\" in issuer \"" + name +
         "\": add the URL of the CA's directory");
  }
  return result;
}

void add_builtin_issuer(MainConf& main, const std::string& name) {
  const auto builtin = std::find_if(
      acme::kBuiltinIssuers.begin(), acme::kBuiltinIssuers.end(),
      [&](const acme::BuiltinIssuer& known) { return known.name == name; });
  if (builtin == acme::kBuiltinIssuers.end() ||
      main.find_issuer(name) != nullptr) {
    return;
  }
  auto& issuer = *main.issuers.emplace_back(std::make_unique<IssuerConf>());
  issuer.spec.name = name;
  issuer.spec.directory_url = builtin->directory_url;
  issuer.spec.terms_of_service_agreed = true;
}

void complete_issuer(ngx_conf_t* cf, const MainConf& main, IssuerConf& issuer) {
  if (issuer.spec.contacts.empty()) {
    issuer.spec.contacts = main.contacts;
  }
  if (!issuer.state_path_set) {
    const std::string path = default_state_path(issuer.spec.name);
    issuer.state_path = make_path(cf, borrow(path));
  }
  if (issuer.state_path != nullptr) {
    issuer.spec.state_path = view(issuer.state_path->name);
    return;
  }
  // Without a state directory the master keeps the account's key, so that a
  // reload does not register another account.
  if (issuer.spec.account_key.empty()) {
    const MainConf* previous = current_main_conf();
    const IssuerConf* before =
        previous == nullptr ? nullptr : previous->find_issuer(issuer.spec.name);
    if (before != nullptr && !before->spec.account_key.empty() &&
        before->spec.directory_url == issuer.spec.directory_url) {
      issuer.spec.account_key = before->spec.account_key;
    } else {
      issuer.spec.account_key =
          acme::PrivateKey::generate(issuer.spec.account_key_type).to_pem();
    }
  }
}

}  // namespace ngx_acme
