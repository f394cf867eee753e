// SPDX-License-Identifier: BSD-2-Clause
// The directives that a server has, or inherits from the http block.
#include "ngx_module/config/server_directives.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "acme_core/engine/builtin_issuers.h"
#include "ngx_module/config/directive_values.h"
#include "ngx_module/config/report.h"
#include "ngx_module/config/server_conf.h"
#include "ngx_module/nginx/ngx_types.h"

namespace ngx_acme {
namespace {

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
           "\": use ecdsa or rsa, with a size behind a colon if it matters, as "
           "in rsa:4096");
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

}  // namespace

// acme on | off | ISSUER … [key=ALG[:SIZE][,ALG[:SIZE]]]
//   [challenge=TYPE[,TYPE …]];
char* set_acme(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  auto& server = *static_cast<ServerConf*>(conf);
  if (server.mode != ServerConf::Mode::kUnset) {
    fail_as_duplicate(cf, server.where);
  }
  Parameters parameters(cf);
  std::vector<std::string_view> values;
  for (const ngx_str_t& argument : arguments(cf)) {
    if (!parameters.take(view(argument), server.options)) {
      values.push_back(view(argument));
    }
  }
  for (const std::string_view value : values) {
    if (value.empty()) {
      fail("\"acme\" needs \"on\", \"off\" or the names of issuers");
    }
    if ((value == "on" || value == "off") && values.size() != 1) {
      const std::string_view other = values[values.front() == value ? 1 : 0];
      fail("\"" + std::string(value) +
           "\" cannot be combined with other values in \"acme\": take \"" +
           std::string(other) + "\" out, or write a list of issuers");
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
    fail_as_duplicate(cf, server.certificate->where);
  }
  const std::span<ngx_str_t> values = arguments(cf);
  ServerConf::Certificate certificate;
  certificate.issuers = parse_issuers(view(values.front()));
  certificate.where = SourceLine::current(cf);
  Parameters parameters(cf);
  for (const ngx_str_t& argument : values.subspan(1)) {
    const std::string_view text = view(argument);
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

// acme_dry_run on | off;
char* set_acme_dry_run(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  auto& server = *static_cast<ServerConf*>(conf);
  if (server.dry_run) {
    fail_as_duplicate(cf);
  }
  server.dry_run = parse_switch(cf);
  return NGX_CONF_OK;
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

// acme_hsts MAX-AGE [includeSubDomains] | off;
char* set_acme_hsts(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  auto& server = *static_cast<ServerConf*>(conf);
  if (server.hsts) {
    fail_as_duplicate(cf);
  }
  const std::span<ngx_str_t> values = arguments(cf);
  std::string& field = server.hsts.emplace();
  if (view(values.front()) == "off" && values.size() == 1) {
    return NGX_CONF_OK;
  }
  ngx_str_t age = values.front();
  const time_t seconds = ngx_parse_time(&age, 1);
  if (seconds == static_cast<time_t>(NGX_ERROR)) {
    fail("invalid time \"" + std::string(view(values.front())) +
         "\" in \"acme_hsts\": give seconds, or a time such as 1y");
  }
  field = "max-age=" + std::to_string(seconds);
  for (const ngx_str_t& argument : values.subspan(1)) {
    if (view(argument) != "includeSubDomains") {
      fail("invalid parameter \"" + std::string(view(argument)) +
           "\" in \"acme_hsts\" directive, it can only be "
           "\"includeSubDomains\"");
    }
    field += "; includeSubDomains";
  }
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

}  // namespace ngx_acme
