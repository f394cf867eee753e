// SPDX-License-Identifier: BSD-2-Clause
// The acme_issuer block.
#include "ngx_module/config/issuer_block.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "acme_core/crypto/distinguished_name.h"
#include "acme_core/engine/builtin_issuers.h"
#include "ngx_module/config/directive_values.h"
#include "ngx_module/config/dns_directive.h"
#include "ngx_module/config/issuer_limits.h"
#include "ngx_module/config/issuers.h"
#include "ngx_module/config/run_aside.h"
#include "ngx_module/nginx/ngx_guard.h"
#include "ngx_module/nginx/ngx_types.h"
#include "ngx_module/nginx/source_line.h"

namespace ngx_acme {
namespace {

std::string quoted(const ngx_str_t& text) {
  return "\"" + std::string(view(text)) + "\"";
}

using Arguments = std::span<ngx_str_t>;

// A value that is sent to the CA as it is.
std::string printable(Arguments args, std::size_t index) {
  const std::string_view value = view(args[index]);
  const bool good = std::all_of(value.begin(), value.end(),
                                [](char c) { return c >= ' ' && c <= '~'; });
  if (value.empty() || !good) {
    fail("invalid value " + quoted(args[index]) + " in " + quoted(args[0]) +
         " directive, it must be plain ASCII text");
  }
  return std::string(value);
}

void require_word(Arguments args, std::size_t index, const char* word) {
  if (view(args[index]) != word) {
    fail("invalid parameter " + quoted(args[index]) + " in " + quoted(args[0]) +
         " directive, it can only be \"" + word + "\"");
  }
}

// RFC 8555 section 6.1: https only.
std::string directory_url(Arguments args) {
  const std::string_view url = view(args[1]);
  if (!url.starts_with("https://") || url.size() == sizeof("https://") - 1) {
    fail("invalid " + std::string(view(args[0])) + " " + quoted(args[1]) +
         ": give the https URL of the CA's directory");
  }
  return std::string(url);
}

void set_uri(ngx_conf_t*, IssuerConf& issuer, Arguments args) {
  issuer.spec.directory_url = directory_url(args);
}

void set_staging_uri(ngx_conf_t*, IssuerConf& issuer, Arguments args) {
  issuer.staging_url = directory_url(args);
}

void set_contact(ngx_conf_t* cf, IssuerConf& issuer, Arguments args) {
  for (const ngx_str_t& argument : args.subspan(1)) {
    issuer.spec.contacts.push_back(contact_url(cf, argument));
  }
}

void set_account_key(ngx_conf_t* cf, IssuerConf& issuer, Arguments args) {
  if (const auto type = parse_key_argument(view(args[1]))) {
    issuer.spec.account_key_type = *type;
    return;
  }
  issuer.spec.account_key = read_configured_file(cf, args[1], "account key");
  const bool is_good =
      run_aside([&] {
        return acme::PrivateKey::from_pem(issuer.spec.account_key)
                   ? std::optional(acme::SecretBytes())
                   : std::nullopt;
      }).has_value();
  if (!is_good) {
    fail("cannot load account key " + quoted(args[1]) +
         ": it must be an unencrypted PEM key, ECDSA P-256, P-384 or P-521, or "
         "RSA of 2048, 3072 or 4096 bits");
  }
}

void set_external_account_key(ngx_conf_t* cf, IssuerConf& issuer,
                              Arguments args) {
  issuer.spec.external_account = {printable(args, 1),
                                  parse_mac_key(cf, args[2])};
}

void set_preferred_chain(ngx_conf_t*, IssuerConf& issuer, Arguments args) {
  if (args[1].len == 0) {
    fail("\"preferred_chain\" needs the common name of a root");
  }
  issuer.spec.preferred_chain = view(args[1]);
}

void set_profile(ngx_conf_t*, IssuerConf& issuer, Arguments args) {
  issuer.spec.profile = printable(args, 1);
  if (args.size() > 2) {
    require_word(args, 2, "require");
    issuer.spec.profile_required = true;
  }
}

void set_challenge(ngx_conf_t*, IssuerConf& issuer, Arguments args) {
  std::vector<acme::ChallengeType>& types = issuer.spec.challenges;
  if (view(args[1]) == "none") {
    if (args.size() > 2) {
      fail("\"challenge none\" takes no other challenge beside it");
    }
    issuer.spec.preauthorized = true;
    return;
  }
  for (const ngx_str_t& argument : args.subspan(1)) {
    if (view(argument) == "stateless" && !types.empty()) {
      if (issuer.spec.stateless) {
        fail("\"stateless\" is given twice");
      }
      issuer.spec.stateless = true;
    } else {
      add_challenge(view(argument), types);
    }
  }
  if (issuer.spec.stateless &&
      std::find(types.begin(), types.end(), acme::ChallengeType::kHttp01) ==
          types.end()) {
    fail("\"stateless\" is for http-01 only: take it from \"challenge " +
         std::string(view(args[1])) + "\"");
  }
}

void set_dns(ngx_conf_t* cf, IssuerConf& issuer, Arguments) {
  add_dns_provider(cf, main_conf(cf), issuer.spec.dns);
}

void set_common_name_in_csr(ngx_conf_t* cf, IssuerConf& issuer, Arguments) {
  issuer.spec.common_name_in_csr = parse_switch(cf);
}

void set_must_staple(ngx_conf_t* cf, IssuerConf& issuer, Arguments) {
  issuer.spec.must_staple = parse_switch(cf);
}

void set_csr_subject(ngx_conf_t*, IssuerConf& issuer, Arguments args) {
  acme::ParsedName parsed = acme::parse_distinguished_name(view(args[1]));
  if (!parsed.fault.empty()) {
    fail("invalid subject in \"csr_subject\": " + parsed.fault);
  }
  issuer.spec.csr_subject = std::move(parsed.name);
}

void set_challenge_self_check(ngx_conf_t* cf, IssuerConf& issuer, Arguments) {
  issuer.spec.self_check = parse_switch(cf);
}

void set_reuse_key(ngx_conf_t* cf, IssuerConf& issuer, Arguments) {
  issuer.spec.reuse_key = parse_switch(cf);
}

void set_orders_at_once(ngx_conf_t*, IssuerConf& issuer, Arguments args) {
  const ngx_int_t count = ngx_atoi(args[1].data, args[1].len);
  if (count < 1 || count > static_cast<ngx_int_t>(acme::kMostOrdersAtOnce)) {
    fail("\"orders_at_once\" is a number from 1 to " +
         std::to_string(acme::kMostOrdersAtOnce));
  }
  issuer.spec.orders_at_once = static_cast<std::size_t>(count);
}

void set_issuer_limits(ngx_conf_t*, IssuerConf& issuer, Arguments args) {
  issuer.spec.limits = parse_issuer_limits(args.subspan(1));
}

void set_ssl_verify(ngx_conf_t* cf, IssuerConf& issuer, Arguments) {
  issuer.spec.verify_peer = parse_switch(cf);
}

void set_ssl_trusted_certificate(ngx_conf_t*, IssuerConf& issuer,
                                 Arguments args) {
  issuer.trusted_file = args[1];
}

// Without verification nothing is read, so that the file need not be there.
void load_trusted_certificates(ngx_conf_t* cf, IssuerConf& issuer) {
  if (issuer.trusted_file.len == 0 || !issuer.spec.verify_peer) {
    return;
  }
  const acme::SecretBytes pem =
      read_configured_file(cf, issuer.trusted_file, "trusted certificates");
  issuer.spec.trusted_certificates.assign(pem.begin(), pem.end());
  // PEM calls some of them "X509 CERTIFICATE" or "TRUSTED CERTIFICATE".
  if (issuer.spec.trusted_certificates.find("CERTIFICATE-----") ==
      std::string::npos) {
    fail("no certificate in " + quoted(issuer.trusted_file) +
         ": \"ssl_trusted_certificate\" needs a file in PEM format");
  }
}

void set_state_path(ngx_conf_t* cf, IssuerConf& issuer, Arguments args) {
  if (view(args[1]) == "off") {
    return;
  }
  issuer.state_path_where = SourceLine::current(cf);
  issuer.state_path = make_path(cf, borrow(in_state_prefix(view(args[1]))));
}

void set_accept_terms_of_service(ngx_conf_t*, IssuerConf& issuer, Arguments) {
  issuer.spec.terms_of_service_agreed = true;
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
    IssuerDirective{"staging_uri", 1, 1, set_staging_uri},
    IssuerDirective{"contact", 1, kAnyNumber, set_contact},
    IssuerDirective{"account_key", 1, 1, set_account_key},
    IssuerDirective{"external_account_key", 2, 2, set_external_account_key},
    IssuerDirective{"preferred_chain", 1, 1, set_preferred_chain},
    IssuerDirective{"profile", 1, 2, set_profile},
    IssuerDirective{"challenge", 1, kAnyNumber, set_challenge},
    IssuerDirective{"dns", 1, kAnyNumber, set_dns},
    IssuerDirective{"common_name_in_csr", 1, 1, set_common_name_in_csr},
    IssuerDirective{"must_staple", 1, 1, set_must_staple},
    IssuerDirective{"csr_subject", 1, 1, set_csr_subject},
    IssuerDirective{"challenge_self_check", 1, 1, set_challenge_self_check},
    IssuerDirective{"reuse_key", 1, 1, set_reuse_key},
    IssuerDirective{"orders_at_once", 1, 1, set_orders_at_once},
    IssuerDirective{"issuer_limits", 1, kAnyNumber, set_issuer_limits},
    IssuerDirective{"ssl_verify", 1, 1, set_ssl_verify},
    IssuerDirective{"ssl_trusted_certificate", 1, 1,
                    set_ssl_trusted_certificate},
    IssuerDirective{"state_path", 1, 1, set_state_path},
    IssuerDirective{"accept_terms_of_service", 0, 0,
                    set_accept_terms_of_service},
};

// `contact` and `dns` are lists, which may be written on several lines. The
// official module takes the last `uri`.
bool may_be_repeated(ngx_conf_t* cf, std::string_view directive) {
  if (directive == "uri") {
    remark(cf, NGX_LOG_WARN, SourceLine::current(cf),
           "\"uri\" is given twice: the last one counts, remove the other");
  }
  return directive == "uri" || directive == "contact" || directive == "dns";
}

char* issuer_directive(ngx_conf_t* cf, void* conf) {
  auto& issuer = *static_cast<IssuerConf*>(conf);
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
    fail("invalid number of arguments in " + quoted(args[0]) + " directive" +
         (directive->most_arguments == 0
              ? ": write \"" + std::string(directive->name) + ";\""
              : std::string()));
  }
  if (!issuer.directives.emplace(directive->name).second &&
      !may_be_repeated(cf, directive->name)) {
    fail(quoted(args[0]) + " directive is duplicate");
  }
  directive->set(cf, issuer, args);
  return NGX_CONF_OK;
}

// nginx calls it for each directive of the block.
char* issuer_handler(ngx_conf_t* cf, ngx_command_t*, void* issuer) noexcept {
  return guarded_directive<issuer_directive, void*>(cf, issuer);
}

// What can be said about a block only when all of it has been read.
void check_block(const MainConf& main, IssuerConf& issuer) {
  acme::IssuerSpec& spec = issuer.spec;
  if (spec.directory_url.empty()) {
    const acme::BuiltinIssuer* builtin = acme::find_builtin(spec.name);
    if (builtin == nullptr) {
      fail("\"uri\" is missing in issuer \"" + spec.name +
           "\": add the URL of the CA's directory");
    }
    use_builtin(issuer, *builtin);
  }
  if (!issuer.directives.contains("staging_uri")) {
    set_known_staging_url(issuer);
  }
  const auto other = std::find_if(
      main.issuers.begin(), main.issuers.end(), [&](const auto& candidate) {
        return candidate->spec.stateless && candidate.get() != &issuer;
      });
  if (spec.stateless && other != main.issuers.end()) {
    fail("issuers \"" + (*other)->spec.name + "\" and \"" + spec.name +
         "\" are both \"stateless\": tokens can be answered for one account "
         "only, take the parameter from one of them");
  }
}

}  // namespace

char* acme_issuer(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  auto& main = *static_cast<MainConf*>(conf);
  const std::string name(
      view(static_cast<const ngx_str_t*>(cf->args->elts)[1]));
  if (name.empty() || name.find(',') != std::string::npos) {
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
  if (result == NGX_CONF_OK) {
    check_block(main, issuer);
    load_trusted_certificates(cf, issuer);
  }
  return result;
}

}  // namespace ngx_acme
