// SPDX-License-Identifier: BSD-2-Clause
// Values that several directives take.
#include "ngx_module/config/directive_values.h"

#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include "acme_core/ascii.h"
#include "acme_core/crypto/base64url.h"
#include "ngx_module/config/configured_file.h"
#include "ngx_module/config/report.h"
#include "ngx_module/config/secret_argument.h"
#include "ngx_module/nginx/ngx_types.h"
#include "ngx_module/nginx/source_line.h"

namespace ngx_acme {
namespace {

bool is_space(std::uint8_t c) noexcept {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// Trims white space, and turns standard base64 with its padding into base64url.
void to_base64url(acme::SecretBytes& text) {
  while (!text.empty() && is_space(text.back())) {
    text.pop_back();
  }
  text.erase(text.begin(),
             std::find_if_not(text.begin(), text.end(), is_space));
  if (text.size() % 4 == 0) {
    for (int padding = 0; padding < 2 && !text.empty() && text.back() == '=';
         ++padding) {
      text.pop_back();
    }
  }
  std::replace(text.begin(), text.end(), std::uint8_t{'+'}, std::uint8_t{'-'});
  std::replace(text.begin(), text.end(), std::uint8_t{'/'}, std::uint8_t{'_'});
}

}  // namespace

void fail_as_duplicate(const ngx_conf_t* cf, const SourceLine& first) {
  const ngx_str_t& name = static_cast<ngx_str_t*>(cf->args->elts)[0];
  fail("\"" + std::string(view(name)) + "\" directive is duplicate" +
       (first.file.empty() ? std::string()
                           : ": there is one at " + first.file + ":" +
                                 std::to_string(first.line) + " already"));
}

std::span<ngx_str_t> arguments(const ngx_conf_t* cf) noexcept {
  return std::span(static_cast<ngx_str_t*>(cf->args->elts), cf->args->nelts)
      .subspan(1);
}

std::optional<acme::KeyType> parse_key_argument(std::string_view text) {
  using acme::KeyType;
  struct Known {
    std::string_view size;
    KeyType type;
  };
  static constexpr std::array kEcdsa{Known{"256", KeyType::kEcdsa256},
                                     Known{"384", KeyType::kEcdsa384},
                                     Known{"521", KeyType::kEcdsa521}};
  static constexpr std::array kRsa{Known{"2048", KeyType::kRsa2048},
                                   Known{"3072", KeyType::kRsa3072},
                                   Known{"4096", KeyType::kRsa4096}};
  const std::size_t colon = text.find(':');
  const std::string_view algorithm = text.substr(0, colon);
  const bool ecdsa = algorithm == "ecdsa";
  if (!ecdsa && algorithm != "rsa") {
    return std::nullopt;
  }
  const auto& sizes = ecdsa ? kEcdsa : kRsa;
  if (colon == std::string_view::npos) {
    return sizes.front().type;
  }
  for (const Known& known : sizes) {
    if (known.size == text.substr(colon + 1)) {
      return known.type;
    }
  }
  fail((ecdsa ? "unsupported curve in \"" : "unsupported key size in \"") +
       std::string(text) +
       (ecdsa ? "\": use ecdsa:256, ecdsa:384 or ecdsa:521"
              : "\": use rsa:2048, rsa:3072 or rsa:4096"));
}

void add_challenge(std::string_view text,
                   std::vector<acme::ChallengeType>& types) {
  const auto type = acme::parse_challenge_type(text);
  if (!type) {
    std::string known;
    for (const acme::ChallengeType each : acme::kChallengeTypes) {
      known.append(known.empty() ? "" : ", ").append(to_string(each));
    }
    fail("unsupported challenge: \"" + std::string(text) + "\", use one of " +
         known);
  }
  if (std::find(types.begin(), types.end(), *type) != types.end()) {
    fail("challenge " + std::string(to_string(*type)) + " is given twice");
  }
  types.push_back(*type);
}

bool parse_switch(const ngx_conf_t* cf) {
  const auto* args = static_cast<const ngx_str_t*>(cf->args->elts);
  // nginx's own switches do not look at case.
  const std::string value = acme::lowered(view(args[1]));
  if (value != "on" && value != "off") {
    fail("invalid value \"" + std::string(view(args[1])) + "\" in \"" +
         std::string(view(args[0])) +
         "\" directive, it must be \"on\" or \"off\"");
  }
  return value == "on";
}

std::string contact_url(ngx_conf_t* cf, const ngx_str_t& text) {
  std::string contact(view(text));
  // RFC 3986 section 3.1.
  const auto scheme_end =
      std::find_if_not(contact.begin(), contact.end(), [](char c) {
        return acme::is_alphanumeric(c) || c == '+' || c == '-' || c == '.';
      });
  if (scheme_end != contact.begin() && scheme_end != contact.end() &&
      *scheme_end == ':') {
    return contact;
  }
  const std::size_t at = contact.find('@');
  if (contact.empty()) {
    fail("invalid value \"\": give a mail address");
  }
  if (at == std::string::npos || at == 0 || at + 1 == contact.size()) {
    remark(cf, NGX_LOG_WARN, SourceLine::current(cf),
           "contact \"" + contact +
               "\" is no mail address: CAs will refuse it, give one such as "
               "you@example.com");
  }
  return "mailto:" + contact;
}

ngx_path_t* make_path(ngx_conf_t* cf, ngx_str_t name) {
  auto* path =
      static_cast<ngx_path_t*>(ngx_pcalloc(cf->pool, sizeof(ngx_path_t)));
  if (path == nullptr) {
    throw std::bad_alloc();
  }
  while (name.len > 1 && name.data[name.len - 1] == '/') {
    --name.len;
  }
  if (name.len == 0) {
    fail("the state path is empty");
  }
  // nginx hands the name to the system: it ends with a zero byte.
  path->name.len = name.len;
  path->name.data = static_cast<u_char*>(ngx_pcalloc(cf->pool, name.len + 1));
  if (path->name.data == nullptr) {
    throw std::bad_alloc();
  }
  ngx_memcpy(path->name.data, name.data, name.len);
  if (ngx_conf_full_name(cf->cycle, &path->name, 0) != NGX_OK) {
    throw std::bad_alloc();
  }
  path->conf_file = cf->conf_file->file.name.data;
  path->line = cf->conf_file->line;
  return path;
}

acme::SecretBytes read_configured_file(ngx_conf_t* cf, ngx_str_t path,
                                       std::string_view what) {
  return find_configured_file(cf, view(path), what).contents;
}

std::optional<acme::SecretBytes> decode_base64(acme::SecretBytes text) {
  to_base64url(text);
  auto decoded = acme::base64url_decode(
      {reinterpret_cast<const char*>(text.data()), text.size()});
  if (!decoded) {
    return std::nullopt;
  }
  acme::SecretBytes bytes(decoded->begin(), decoded->end());
  acme::wipe(decoded->data(), decoded->size());
  return bytes;
}

// A key where its file should be named is no file's name to be repeated in
// logs.
acme::SecretBytes read_mac_key(ngx_conf_t* cf, ngx_str_t name) {
  constexpr std::size_t kLongestUsualName = 31;
  try {
    return read_configured_file(cf, name, "the key of an external account");
  } catch (const acme::Error&) {
    if (name.len <= kLongestUsualName ||
        view(name).find_first_of("/.") != std::string_view::npos) {
      throw;
    }
  }
  fail(
      "there is no file of the name that \"external_account_key\" has: if it "
      "is the key itself, put it into a file and name that, or write \"data:\" "
      "in front of it");
}

acme::SecretBytes parse_mac_key(ngx_conf_t* cf, ngx_str_t text) {
  constexpr std::string_view kData = "data:";
  const std::string_view given = view(text);
  const bool is_data = given.starts_with(kData);
  std::optional<SecretArgument> wiped_at_the_end;
  if (is_data) {
    wiped_at_the_end.emplace(cf, text);
    remark(
        cf, NGX_LOG_WARN, SourceLine::current(cf),
        "the key of an external account stands in the configuration, where "
        "\"nginx -T\" and backups show it: put what is behind \"data:\" into "
        "a file that only root can read, and name that file");
  }
  acme::SecretBytes encoded =
      is_data ? acme::SecretBytes(given.begin() + kData.size(), given.end())
              : read_mac_key(cf, text);
  // Neither the key nor what may be one gets into a message.
  const std::string where =
      is_data ? "after \"data:\"" : "in \"" + std::string(given) + "\"";
  const bool is_empty = std::all_of(encoded.begin(), encoded.end(), is_space);
  if (is_empty) {
    fail("the key " + where +
         " is empty: put the key of the external account there");
  }
  auto key = decode_base64(std::move(encoded));
  if (!key) {
    fail("cannot decode the key " + where +
         ": it must be base64url text, as the CA shows the key of the external "
         "account");
  }
  return std::move(*key);
}

}  // namespace ngx_acme
