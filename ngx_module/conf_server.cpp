// SPDX-License-Identifier: BSD-2-Clause
// The directives at http and server level.
#include <algorithm>
#include <array>
#include <utility>

#include "acme_core/engine/builtin_issuers.h"
#include "ngx_module/conf.h"
#include "ngx_module/conf_dns.h"
#include "ngx_module/conf_issuer.h"
#include "ngx_module/conf_state_key.h"
#include "ngx_module/conf_values.h"
#include "ngx_module/foreign_callbacks.h"
#include "ngx_module/ngx_guard.h"
#include "ngx_module/ngx_types.h"

namespace ngx_acme {
namespace {

std::pair<ngx_str_t*, ngx_str_t*> arguments(const ngx_conf_t* cf) {
  const auto [first, last] = elements<ngx_str_t>(*cf->args);
  return {first + 1, last};
}

[[noreturn]] void fail_as_duplicate(const ngx_conf_t* cf) {
  fail("\"" + std::string(view(static_cast<ngx_str_t*>(cf->args->elts)[0])) +
       "\" directive is duplicate");
}

void push_issuer(std::vector<std::string>& issuers, std::string_view name) {
  if (std::find(issuers.begin(), issuers.end(), name) != issuers.end()) {
    fail("duplicate issuer \"" + std::string(name) + "\"");
  }
  issuers.emplace_back(name);
}

// Calls `take` for each part of a list: "a,b" has "a" and "b".
template <typename Take>
void for_each_part(std::string_view list, Take take) {
  std::size_t comma = 0;
  do {
    comma = list.find(',');
    take(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
  } while (comma != std::string_view::npos);
}

std::vector<std::string> parse_issuers(std::string_view list) {
  std::vector<std::string> issuers;
  for_each_part(list, [&](std::string_view name) {
    if (name.empty()) {
      fail("\"issuer\" is missing in \"" + std::string(list) +
           "\": write ISSUER or ISSUER,ISSUER");
    }
    push_issuer(issuers, name);
  });
  return issuers;
}

std::vector<acme::KeyType> parse_key_types(std::string_view list) {
  std::vector<acme::KeyType> types;
  for_each_part(list, [&](std::string_view text) {
    const auto type = parse_key_argument(text);
    if (!type) {
      fail("invalid \"key\" value \"" + std::string(text) +
           "\": use ecdsa or rsa");
    }
    // A context has room for one certificate of each.
    if (std::any_of(types.begin(), types.end(), [&](acme::KeyType other) {
          return acme::is_ecdsa(other) == acme::is_ecdsa(*type);
        })) {
      fail("key algorithm given twice in \"key=" + std::string(list) +
           "\": two keys must be of different algorithms, as in "
           "key=ecdsa,rsa");
    }
    types.push_back(*type);
  });
  return types;
}

// The parameters that `acme` and `acme_certificate` have in common.
class Parameters {
 public:
  explicit Parameters(ngx_conf_t* cf) : cf_(cf) {}

  // False when the argument is none of them.
  bool take(std::string_view text, CertificateOptions& options) {
    constexpr std::string_view kKey = "key=";
    constexpr std::string_view kChallenge = "challenge=";
    if (text.starts_with(kKey)) {
      if (std::exchange(has_key_, true)) {
        remark(cf_, NGX_LOG_WARN, SourceLine::current(cf_),
               "\"key\" is given twice: the last one counts, remove the other");
      }
      options.key_types = parse_key_types(text.substr(kKey.size()));
      return true;
    }
    if (text.starts_with(kChallenge)) {
      if (!options.challenges.empty()) {
        fail("duplicate \"challenge\"");
      }
      for_each_part(text.substr(kChallenge.size()), [&](std::string_view type) {
        add_challenge(type, options.challenges);
      });
      return true;
    }
    return false;
  }

 private:
  ngx_conf_t* cf_;
  bool has_key_ = false;
};

// acme on | off | ISSUER … [key=ALG[:SIZE][,ALG[:SIZE]]]
//   [challenge=TYPE[,TYPE …]];
char* set_acme(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  auto& server = *static_cast<ServerConf*>(conf);
  if (server.mode != ServerConf::Mode::kUnset) {
    fail_as_duplicate(cf);
  }
  Parameters parameters(cf);
  std::vector<std::string_view> values;
  const auto [first, last] = arguments(cf);
  for (const ngx_str_t* argument = first; argument != last; ++argument) {
    if (!parameters.take(view(*argument), server.options)) {
      values.push_back(view(*argument));
    }
  }
  for (const std::string_view value : values) {
    if (value.empty()) {
      fail("\"acme\" needs \"on\", \"off\" or the names of issuers");
    }
    if ((value == "on" || value == "off") && values.size() != 1) {
      fail("\"" + std::string(value) +
           "\" cannot be combined with other values in \"acme\": write "
           "\"acme " +
           std::string(value) + ";\" or a list of issuers");
    }
    if (value != "off") {
      push_issuer(server.issuers, value == "on" ? acme::kDefaultIssuer : value);
    }
  }
  if (values.empty()) {
    fail("\"acme\" needs \"on\" or the names of issuers");
  }
  server.mode =
      server.issuers.empty() ? ServerConf::Mode::kOff : ServerConf::Mode::kOn;
  server.where = SourceLine::current(cf);
  return NGX_CONF_OK;
}

// acme_certificate ISSUER[,ISSUER …] [IDENTIFIER …]
//   [key=ALG[:SIZE][,ALG[:SIZE]]] [challenge=TYPE[,TYPE …]];
char* set_acme_certificate(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  auto& server = *static_cast<ServerConf*>(conf);
  if (server.certificate) {
    fail_as_duplicate(cf);
  }
  const auto [first, last] = arguments(cf);
  ServerConf::Certificate certificate;
  certificate.issuers = parse_issuers(view(*first));
  certificate.where = SourceLine::current(cf);
  Parameters parameters(cf);
  for (const ngx_str_t* argument = first + 1; argument != last; ++argument) {
    const std::string_view text = view(*argument);
    if (parameters.take(text, certificate.options)) {
      continue;
    }
    certificate.has_names = true;
    if (!certificate.names.add(text)) {
      fail("invalid server name \"" + std::string(text) +
           "\": give a host name or an IP address");
    }
  }
  server.certificate = std::move(certificate);
  return NGX_CONF_OK;
}

// acme_challenge_any_host on | off;
char* set_acme_challenge_any_host(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  auto& main = *static_cast<MainConf*>(conf);
  if (main.challenge_any_host) {
    fail_as_duplicate(cf);
  }
  main.challenge_any_host = parse_switch(cf);
  return NGX_CONF_OK;
}

// acme_log PATH [LEVEL] | off;
char* set_acme_log(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  auto& main = *static_cast<MainConf*>(conf);
  if (main.log_file) {
    fail_as_duplicate(cf);
  }
  main.log_file = parse_acme_log(cf);
  return NGX_CONF_OK;
}

// acme_contact MAIL …;
char* set_acme_contact(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  auto& main = *static_cast<MainConf*>(conf);
  if (!main.contacts.empty()) {
    fail_as_duplicate(cf);
  }
  const auto [first, last] = arguments(cf);
  for (const ngx_str_t* argument = first; argument != last; ++argument) {
    main.contacts.push_back(contact_url(cf, *argument));
  }
  return NGX_CONF_OK;
}

// acme_dns PROVIDER … [zone=ZONE];
char* set_acme_dns(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  auto& main = *static_cast<MainConf*>(conf);
  add_dns_provider(cf, main, main.dns);
  return NGX_CONF_OK;
}

// acme_dry_run on | off;
char* set_acme_dry_run(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  auto& server = *static_cast<ServerConf*>(conf);
  if (server.dry_run) {
    fail_as_duplicate(cf);
  }
  server.dry_run = parse_switch(cf);
  return NGX_CONF_OK;
}

template <typename Value>
struct Word {
  std::string_view text;
  Value value;
};

// The value of a directive that takes one of several words.
template <typename Value, std::size_t kCount>
Value parse_word(const ngx_conf_t* cf,
                 const std::array<Word<Value>, kCount>& words) {
  const auto* args = static_cast<const ngx_str_t*>(cf->args->elts);
  std::string known;
  for (const Word<Value>& word : words) {
    if (word.text == view(args[1])) {
      return word.value;
    }
    known.append(known.empty() ? "" : ", ").append(word.text);
  }
  fail("invalid value \"" + std::string(view(args[1])) + "\" in \"" +
       std::string(view(args[0])) +
       "\" directive, it must be one of: " + known);
}

// acme_fallback reject | self-signed;
char* set_acme_fallback(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  auto& server = *static_cast<ServerConf*>(conf);
  if (server.fallback) {
    fail_as_duplicate(cf);
  }
  static constexpr std::array kWords{
      Word<FallbackPolicy>{"reject", FallbackPolicy::kReject},
      Word<FallbackPolicy>{"self-signed", FallbackPolicy::kSelfSigned}};
  server.fallback = parse_word(cf, kWords);
  return NGX_CONF_OK;
}

// acme_partial on | off;
char* set_acme_partial(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  auto& server = *static_cast<ServerConf*>(conf);
  if (server.partial) {
    fail_as_duplicate(cf);
  }
  server.partial = parse_switch(cf);
  return NGX_CONF_OK;
}

// acme_redirect on | off | permanent | temporary;
char* set_acme_redirect(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  auto& server = *static_cast<ServerConf*>(conf);
  if (server.redirect) {
    fail_as_duplicate(cf);
  }
  static constexpr std::array kWords{
      Word<RedirectPolicy>{"on", RedirectPolicy::kPermanent},
      Word<RedirectPolicy>{"off", RedirectPolicy::kOff},
      Word<RedirectPolicy>{"permanent", RedirectPolicy::kPermanent},
      Word<RedirectPolicy>{"temporary", RedirectPolicy::kTemporary}};
  server.redirect = parse_word(cf, kWords);
  return NGX_CONF_OK;
}

// acme_hsts MAX-AGE [includeSubDomains] | off;
char* set_acme_hsts(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  auto& server = *static_cast<ServerConf*>(conf);
  if (server.hsts) {
    fail_as_duplicate(cf);
  }
  const auto [first, last] = arguments(cf);
  server.hsts.emplace();
  if (view(*first) == "off" && last - first == 1) {
    return NGX_CONF_OK;
  }
  ngx_str_t age = *first;
  const time_t seconds = ngx_parse_time(&age, 1);
  if (seconds == static_cast<time_t>(NGX_ERROR)) {
    fail("invalid time \"" + std::string(view(*first)) +
         "\" in \"acme_hsts\": give seconds, or a time such as 1y");
  }
  server.hsts->field = "max-age=" + std::to_string(seconds);
  for (const ngx_str_t* argument = first + 1; argument != last; ++argument) {
    if (view(*argument) != "includeSubDomains") {
      fail("invalid parameter \"" + std::string(view(*argument)) +
           "\" in \"acme_hsts\" directive, it can only be "
           "\"includeSubDomains\"");
    }
    server.hsts->field += "; includeSubDomains";
  }
  return NGX_CONF_OK;
}

// acme_shared_zone zone=NAME:SIZE;
char* set_acme_shared_zone(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  auto& main = *static_cast<MainConf*>(conf);
  if (main.zone_where) {
    fail_as_duplicate(cf);
  }
  constexpr std::string_view kZone = "zone=";
  const std::string_view argument = view(*arguments(cf).first);
  if (!argument.starts_with(kZone) || argument.size() == kZone.size()) {
    fail(
        "\"acme_shared_zone\" must have \"zone\" parameter: write "
        "zone=NAME:SIZE, for example zone=ngx_acme_shared:1m");
  }
  const std::size_t colon = argument.find(':');
  const std::string_view size_text =
      colon == std::string_view::npos ? "" : argument.substr(colon + 1);
  ngx_str_t text = borrow(size_text);
  const ssize_t size = ngx_parse_size(&text);
  if (size_text.empty() || size == NGX_ERROR || colon == kZone.size()) {
    fail("invalid zone size \"" + std::string(argument.substr(kZone.size())) +
         "\": write NAME:SIZE, for example ngx_acme_shared:1m");
  }
  main.zone_name = argument.substr(kZone.size(), colon - kZone.size());
  main.zone_size = static_cast<std::size_t>(size);
  main.zone_where = SourceLine::current(cf);
  // The slab allocator's own minimum.
  if (main.zone_size < 8 * ngx_pagesize) {
    fail("zone \"" + main.zone_name + "\" is too small: give it at least " +
         std::to_string(8 * ngx_pagesize / 1024) +
         "k, or leave the directive out to have it sized by itself");
  }
  return NGX_CONF_OK;
}

// acme_check on | verbose;
char* set_acme_check(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  auto& main = *static_cast<MainConf*>(conf);
  if (main.check_where) {
    fail_as_duplicate(cf);
  }
  main.check_where = SourceLine::current(cf);
  const std::string_view value = view(*arguments(cf).first);
  if (value == "verbose") {
    main.report.be_verbose();
  } else if (value != "on") {
    fail("invalid value \"" + std::string(value) +
         "\" in \"acme_check\" directive, it must be \"on\" or \"verbose\"");
  }
  return NGX_CONF_OK;
}

template <auto Handler>
char* directive(ngx_conf_t* cf, ngx_command_t* command, void* conf) noexcept {
  return guarded_directive<Handler, ngx_command_t*, void*>(cf, command, conf);
}

}  // namespace

ngx_command_t directives[] = {
    {ngx_string("acme"),
     NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_1MORE,
     directive<set_acme>, NGX_HTTP_SRV_CONF_OFFSET, 0, nullptr},
    {ngx_string("acme_certificate"), NGX_HTTP_SRV_CONF | NGX_CONF_1MORE,
     directive<set_acme_certificate>, NGX_HTTP_SRV_CONF_OFFSET, 0, nullptr},
    {ngx_string("acme_challenge_any_host"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
     directive<set_acme_challenge_any_host>, NGX_HTTP_MAIN_CONF_OFFSET, 0,
     nullptr},
    {ngx_string("acme_check"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
     directive<set_acme_check>, NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},
    {ngx_string("acme_contact"), NGX_HTTP_MAIN_CONF | NGX_CONF_1MORE,
     directive<set_acme_contact>, NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},
    {ngx_string("acme_dns"), NGX_HTTP_MAIN_CONF | NGX_CONF_1MORE,
     directive<set_acme_dns>, NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},
    {ngx_string("acme_dry_run"),
     NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_TAKE1,
     directive<set_acme_dry_run>, NGX_HTTP_SRV_CONF_OFFSET, 0, nullptr},
    {ngx_string("acme_fallback"),
     NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_TAKE1,
     directive<set_acme_fallback>, NGX_HTTP_SRV_CONF_OFFSET, 0, nullptr},
    {ngx_string("acme_hsts"),
     NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_TAKE12,
     directive<set_acme_hsts>, NGX_HTTP_SRV_CONF_OFFSET, 0, nullptr},
    {ngx_string("acme_issuer"),
     NGX_HTTP_MAIN_CONF | NGX_CONF_BLOCK | NGX_CONF_TAKE1,
     directive<acme_issuer>, NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},
    {ngx_string("acme_log"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE12,
     directive<set_acme_log>, NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},
    {ngx_string("acme_partial"),
     NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_TAKE1,
     directive<set_acme_partial>, NGX_HTTP_SRV_CONF_OFFSET, 0, nullptr},
    {ngx_string("acme_redirect"),
     NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_TAKE1,
     directive<set_acme_redirect>, NGX_HTTP_SRV_CONF_OFFSET, 0, nullptr},
    {ngx_string("acme_shared_zone"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
     directive<set_acme_shared_zone>, NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},
    {ngx_string("acme_state_key"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE123,
     directive<set_acme_state_key>, NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},
    // Not ours: who sets these is told what it means.
    passed_on("ssl_certificate_by_lua_block"),
    passed_on("ssl_certificate_by_lua_file"),
    passed_on("ssl_client_hello_by_lua_block"),
    passed_on("ssl_client_hello_by_lua_file"),
    ngx_null_command};

}  // namespace ngx_acme
