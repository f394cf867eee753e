// SPDX-License-Identifier: BSD-2-Clause
// DNS providers: `acme_dns` at http level and `dns` in an issuer.
#include "ngx_module/config/dns_directive.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "acme_core/identifier.h"
#include "acme_core/listed.h"
#include "ngx_module/config/configured_program.h"
#include "ngx_module/config/directive_values.h"
#include "ngx_module/config/tsig_key_file.h"
#include "ngx_module/nginx/ngx_types.h"
#include "ngx_module/nginx/source_line.h"

namespace ngx_acme {
namespace {

using acme::DnsProviderSpec;
using acme::Identifier;

constexpr in_port_t kDnsPort = 53;

// Behind the provider's name: a target, if it takes one, and parameters.
class ProviderArguments {
 public:
  /// `usage` is what stands behind the name, for messages.
  ProviderArguments(ngx_conf_t* cf, std::string_view usage)
      : usage_(usage), has_target_(!usage.starts_with("server=")) {
    const auto [first, last] = elements<ngx_str_t>(*cf->args);
    directive_ =
        std::string(view(first[0])) + " " + std::string(view(first[1]));
    for (const ngx_str_t* argument = first + 2; argument != last; ++argument) {
      take(view(*argument));
    }
    if (has_target_ && target_.empty()) {
      fail_with(usage_.substr(0, usage_.find(' ')) + " is missing");
    }
  }

  [[nodiscard]] std::string_view target() const noexcept { return target_; }

  [[nodiscard]] std::string_view find(std::string_view name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? std::string_view() : found->second;
  }

  [[nodiscard]] std::string_view get(std::string_view name) const {
    const std::string_view value = find(name);
    if (value.empty()) {
      fail_with(acme::in_quotes(name) + " is missing");
    }
    return value;
  }

  [[noreturn]] void fail_with(const std::string& what) const {
    fail(what + " in " + acme::in_quotes(directive_) + ": write \"" +
         directive_ + " " + usage_ + " [zone=ZONE]\"");
  }

 private:
  [[nodiscard]] bool is_known(std::string_view name) const {
    const std::size_t at = usage_.find(std::string(name) + "=");
    return name == "zone" || at == 0 ||
           (at != std::string::npos &&
            (usage_[at - 1] == ' ' || usage_[at - 1] == '['));
  }

  void take(std::string_view text) {
    const std::size_t equals = text.find('=');
    const std::string_view name = text.substr(0, equals);
    if (equals != std::string_view::npos && !name.empty() && is_known(name)) {
      if (!values_.emplace(name, text.substr(equals + 1)).second) {
        fail_with("duplicate " + acme::in_quotes(name));
      }
      if (equals + 1 == text.size()) {
        fail_with(acme::in_quotes(name) + " is empty");
      }
    } else if (has_target_ && target_.empty() && !text.empty()) {
      target_ = text;
    } else {
      fail_with("invalid parameter " + acme::in_quotes(text));
    }
  }

  std::string usage_;
  bool has_target_;
  std::string directive_;
  std::string_view target_;
  std::map<std::string_view, std::string_view> values_;
};

std::optional<in_port_t> parse_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port < 1 ||
      port > 65535) {
    return std::nullopt;
  }
  return static_cast<in_port_t>(port);
}

struct Endpoint {
  std::string address;  // numeric, IPv6 without brackets; empty: all
  in_port_t port;
};

// "192.0.2.1", "192.0.2.1:53", "[2001:db8::1]:53"; nullopt for all else.
std::optional<Endpoint> parse_endpoint(std::string_view text) {
  std::optional<in_port_t> port = kDnsPort;
  std::string_view host = text;
  const std::size_t bracket = text.find(']');
  const std::size_t colon =
      text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    host = text.substr(0, colon);
    port = parse_port(text.substr(colon + 1));
  }
  const bool is_v6 = host.starts_with('[') && host.ends_with(']');
  if (is_v6) {
    host = host.substr(1, host.size() - 2);
  }
  const auto address = acme::parse_identifier(host);
  if (!port || !address || address->type != Identifier::Type::kIp ||
      is_v6 != (address->value.find(':') != std::string::npos)) {
    return std::nullopt;
  }
  return Endpoint{address->value, *port};
}

std::string to_text(const Endpoint& endpoint) {
  const bool is_v6 = endpoint.address.find(':') != std::string::npos;
  return (is_v6 ? "[" + endpoint.address + "]" : endpoint.address) + ":" +
         std::to_string(endpoint.port);
}

ngx_str_t as_ngx(std::string_view text) { return borrow(text); }

acme::Rfc2136Spec rfc2136(ngx_conf_t* cf, const ProviderArguments& arguments) {
  const std::string_view server = arguments.get("server");
  const auto endpoint = parse_endpoint(server);
  if (!endpoint) {
    fail("invalid \"server\" " + acme::in_quotes(server) +
         ": give a numeric address, with a port if it is not 53, as in "
         "192.0.2.1:53 or [2001:db8::1]:53");
  }
  acme::Rfc2136Spec spec;
  spec.server = to_text(*endpoint);
  spec.key_name = canonical_key_name(arguments.get("key"));
  const std::string_view file = arguments.get("file");
  const acme::SecretBytes text =
      read_configured_file(cf, as_ngx(file), "the TSIG key");
  auto keys = parse_tsig_keys(
      {reinterpret_cast<const char*>(text.data()), text.size()});
  const std::string in_file = " in " + acme::in_quotes(file);
  if (!keys) {
    fail("cannot read a key" + in_file +
         ": it must be as tsig-keygen writes it, key \"NAME\" { algorithm …; "
         "secret \"…\"; };");
  }
  const auto key = std::find_if(
      keys->begin(), keys->end(),
      [&](const TsigKeyEntry& entry) { return entry.name == spec.key_name; });
  if (key == keys->end()) {
    fail("no key " + acme::in_quotes(arguments.get("key")) + in_file);
  }
  static constexpr std::array<std::string_view, 3> kAlgorithms{
      "hmac-sha256", "hmac-sha384", "hmac-sha512"};
  if (std::find(kAlgorithms.begin(), kAlgorithms.end(), key->algorithm) ==
      kAlgorithms.end()) {
    fail("unsupported algorithm " + acme::in_quotes(key->algorithm) +
         " of key " + acme::in_quotes(key->name) + in_file +
         ": use hmac-sha256, hmac-sha384 or hmac-sha512");
  }
  auto secret = decode_base64(std::move(key->secret));
  if (!secret || secret->empty()) {
    fail("cannot decode the secret of key " + acme::in_quotes(key->name) +
         in_file + ": it must be base64");
  }
  spec.key_algorithm = key->algorithm;
  spec.key = std::move(*secret);
  return spec;
}

acme::ExecSpec exec(ngx_conf_t* cf, const ProviderArguments& arguments) {
  return {find_program(cf, arguments.target()),
          acme::ExecSpec::Contract::kLego};
}

acme::ExecSpec exec_md(ngx_conf_t* cf, const ProviderArguments& arguments) {
  return {find_program(cf, arguments.target()),
          acme::ExecSpec::Contract::kModMd};
}

// Without the slash at its end: paths are put behind it.
std::string web_url(const ProviderArguments& arguments) {
  std::string_view url = arguments.target();
  while (url.ends_with('/')) {
    url.remove_suffix(1);
  }
  const std::size_t scheme = url.starts_with("https://")  ? 8
                             : url.starts_with("http://") ? 7
                                                          : 0;
  const bool is_plain = std::all_of(url.begin(), url.end(),
                                    [](char c) { return c > ' ' && c <= '~'; });
  if (scheme == 0 || url.size() == scheme || url[scheme] == '/' || !is_plain) {
    fail("invalid URL " + acme::in_quotes(arguments.target()) +
         ": give one that begins with http:// or https://");
  }
  return std::string(url);
}

acme::HttpReqSpec httpreq(ngx_conf_t* cf, const ProviderArguments& arguments) {
  acme::HttpReqSpec spec{.url = web_url(arguments), .user = {}, .password = {}};
  if (arguments.find("user").empty() &&
      arguments.find("password_file").empty()) {
    return spec;
  }
  spec.user = arguments.get("user");
  const std::string_view file = arguments.get("password_file");
  spec.password = read_configured_file(cf, as_ngx(file), "the password");
  while (!spec.password.empty() &&
         (spec.password.back() == '\n' || spec.password.back() == '\r')) {
    spec.password.pop_back();
  }
  if (spec.password.empty()) {
    fail("the password in " + acme::in_quotes(file) + " is empty");
  }
  return spec;
}

acme::AcmeDnsSpec acme_dns(ngx_conf_t*, const ProviderArguments& arguments) {
  return {web_url(arguments)};
}

// "53", "*:53", or as parse_endpoint().
Endpoint listen_endpoint(std::string_view text) {
  std::string_view port = text;
  if (port.starts_with("*:")) {
    port.remove_prefix(2);
  }
  if (const auto number = parse_port(port)) {
    return {{}, *number};
  }
  if (auto endpoint = parse_endpoint(text)) {
    return std::move(*endpoint);
  }
  fail("invalid address " + acme::in_quotes(text) +
       " to listen on: give a port from 1 to 65535, with a numeric address in "
       "front of it if not on all, as in 53 or 192.0.2.1:53");
}

void add_listener(ngx_conf_t* cf, MainConf& main, std::string_view text) {
  Endpoint endpoint = listen_endpoint(text);
  const bool is_known = std::any_of(
      main.dns_listen.begin(), main.dns_listen.end(),
      [&](const DnsListen& other) {
        return other.address == endpoint.address && other.port == endpoint.port;
      });
  if (!is_known) {
    main.dns_listen.push_back(
        {std::move(endpoint.address), endpoint.port, SourceLine::current(cf)});
  }
}

// Of a parameter, without a trailing dot, in lower case; empty when it is not
// there.
std::string domain_of(const ProviderArguments& arguments,
                      std::string_view parameter) {
  std::string_view text = arguments.find(parameter);
  if (text.empty()) {
    return {};
  }
  if (text.ends_with('.')) {
    text.remove_suffix(1);
  }
  const auto domain = acme::parse_identifier(text);
  if (!domain || domain->type != Identifier::Type::kDns ||
      domain->is_wildcard()) {
    fail("invalid " + std::string(parameter) + " " +
         acme::in_quotes(arguments.find(parameter)) +
         ": give a domain, as in " + std::string(parameter) + "=example.com");
  }
  return domain->value;
}

template <auto Read>
void set_spec(ngx_conf_t* cf, MainConf&, const ProviderArguments& arguments,
              DnsProviderSpec& spec) {
  spec.how = Read(cf, arguments);
}

void set_server_name(MainConf& main, std::string name) {
  if (name.empty()) {
    return;
  }
  if (!main.dns_server_name.empty() && main.dns_server_name != name) {
    fail("the name server is called " + acme::in_quotes(main.dns_server_name) +
         " already: give every \"listen\" the same \"name\"");
  }
  main.dns_server_name = std::move(name);
}

void set_listen(ngx_conf_t* cf, MainConf& main,
                const ProviderArguments& arguments, DnsProviderSpec& spec) {
  add_listener(cf, main, arguments.target());
  set_server_name(main, domain_of(arguments, "name"));
  if (std::string alias = domain_of(arguments, "alias"); !alias.empty()) {
    main.dns_alias_zones.push_back(std::move(alias));
  }
  spec.how = acme::ListenSpec{};
}

struct KnownProvider {
  std::string_view name;
  std::string_view usage;
  void (*set)(ngx_conf_t*, MainConf&, const ProviderArguments&,
              DnsProviderSpec&);
};

constexpr std::array kProviders{
    KnownProvider{"rfc2136", "server=ADDRESS[:PORT] key=NAME file=PATH",
                  set_spec<rfc2136>},
    KnownProvider{"exec", "PATH", set_spec<exec>},
    KnownProvider{"exec-md", "PATH", set_spec<exec_md>},
    KnownProvider{"httpreq", "URL [user=NAME password_file=PATH]",
                  set_spec<httpreq>},
    KnownProvider{"acme-dns", "URL", set_spec<acme_dns>},
    KnownProvider{"listen", "[ADDRESS:]PORT [name=HOST] [alias=ZONE]",
                  set_listen},
};

const KnownProvider& known_provider(std::string_view directive,
                                    std::string_view name) {
  std::string known;
  for (const KnownProvider& provider : kProviders) {
    if (provider.name == name) {
      return provider;
    }
    known.append(known.empty() ? "" : ", ").append(provider.name);
  }
  fail("unknown DNS provider " + acme::in_quotes(name) + " in " +
       acme::in_quotes(directive) + " directive, it must be one of: " + known +
       "; what has an API of its own is done by a program, with \"exec\"");
}

}  // namespace

void add_dns_provider(ngx_conf_t* cf, MainConf& main,
                      std::vector<DnsProviderSpec>& providers) {
  const auto* args = static_cast<const ngx_str_t*>(cf->args->elts);
  const KnownProvider& provider = known_provider(view(args[0]), view(args[1]));
  const ProviderArguments arguments(cf, provider.usage);
  DnsProviderSpec spec;
  spec.zone = domain_of(arguments, "zone");
  if (std::any_of(providers.begin(), providers.end(),
                  [&](const DnsProviderSpec& other) {
                    return other.zone == spec.zone;
                  })) {
    fail(spec.zone.empty()
             ? "another DNS provider is for all names already: give each its "
               "\"zone\""
             : "another DNS provider is for zone " +
                   acme::in_quotes(spec.zone) + " already");
  }
  provider.set(cf, main, arguments, spec);
  providers.push_back(std::move(spec));
}

}  // namespace ngx_acme
