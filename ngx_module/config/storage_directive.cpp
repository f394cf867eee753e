// SPDX-License-Identifier: BSD-2-Clause
// acme_storage: what the nodes of a fleet share.
#include "ngx_module/config/storage_directive.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "acme_core/crypto/certificate.h"
#include "acme_core/crypto/private_key.h"
#include "acme_core/fleet/storage_spec.h"
#include "acme_core/listed.h"
#include "ngx_module/config/configured_file.h"
#include "ngx_module/config/directive_values.h"
#include "ngx_module/config/main_conf.h"
#include "ngx_module/config/report.h"
#include "ngx_module/config/sealing_key_file.h"
#include "ngx_module/config/url_authority.h"
#include "ngx_module/nginx/ngx_types.h"
#include "ngx_module/nginx/source_line.h"

namespace ngx_acme {
namespace {

using acme::FleetEmergency;
using acme::StorageSpec;

constexpr std::size_t kMostStorageUrls = 16;
constexpr unsigned kLargestEmergencyPart = 100;

std::string this_host() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

acme::SecretBytes read_password(ngx_conf_t* cf, std::string_view name) {
  return read_secret_file(cf, name, "the password of \"acme_storage\"");
}

std::string read_certificates(ngx_conf_t* cf, std::string_view name,
                              std::string_view what) {
  const ConfiguredFile file = find_configured_file(cf, name, what);
  std::string pem(file.contents.begin(), file.contents.end());
  if (!acme::CertificateChain::from_pem(pem)) {
    fail("cannot use " + std::string(what) + " \"" + file.path +
         "\": it has no certificate in PEM");
  }
  return pem;
}

acme::SecretBytes read_client_key(ngx_conf_t* cf, std::string_view name) {
  constexpr std::string_view kWhat = "the client key of \"acme_storage\"";
  ConfiguredFile file = find_configured_file(cf, name, kWhat);
  if (!acme::PrivateKey::from_pem(file.contents)) {
    fail("cannot use " + std::string(kWhat) + " \"" + file.path +
         "\": it has no private key in PEM");
  }
  return std::move(file.contents);
}

// One line of nginx.conf.
class StorageLine {
 public:
  StorageLine(ngx_conf_t* cf, StorageSpec::Kind kind) : cf_(cf) {
    spec_.kind = kind;
    spec_.node.node = this_host();
    spec_.prefix =
        kind == StorageSpec::Kind::kEtcd ? "/ngx-acme/" : "ngx-acme:";
  }

  StorageSpec read(std::span<const ngx_str_t> words) {
    for (const ngx_str_t& word : words) {
      read_word(view(word));
    }
    check();
    return std::move(spec_);
  }

 private:
  void read_word(std::string_view word) {
    if (word.find("://") != std::string_view::npos &&
        word.find('=') > word.find("://")) {
      add_url(word);
      return;
    }
    if (word == "plain") {
      is_plain_ = true;
      return;
    }
    const std::size_t sign = word.find('=');
    const std::string_view name = word.substr(0, sign);
    if (sign == std::string_view::npos || sign + 1 == word.size()) {
      fail("invalid parameter " + acme::in_quotes(word) +
           " in \"acme_storage\" directive: it takes URLs, \"plain\" and "
           "NAME=VALUE");
    }
    if (name != "key" && !seen_.insert(std::string(name)).second) {
      fail("\"" + std::string(name) + "\" is in \"acme_storage\" twice");
    }
    read_option(name, word.substr(sign + 1));
  }

  void read_option(std::string_view name, std::string_view value) {
    const bool is_redis = spec_.kind == StorageSpec::Kind::kRedis;
    if (name == "key") {
      add_key(value);
    } else if (name == "prefix") {
      spec_.prefix = value;
    } else if (name == "user") {
      spec_.user = value;
    } else if (name == "password") {
      spec_.password = read_password(cf_, value);
    } else if (name == "trusted_certificate") {
      spec_.trusted_certificates = read_certificates(
          cf_, value, "the trusted certificate of \"acme_storage\"");
    } else if (name == "certificate") {
      spec_.client_certificate = read_certificates(
          cf_, value, "the client certificate of \"acme_storage\"");
    } else if (name == "certificate_key") {
      spec_.client_key = read_client_key(cf_, value);
    } else if (name == "node") {
      spec_.node.node = value;
    } else if (name == "emergency") {
      set_emergency(value);
    } else if (name == "emergency_part") {
      set_emergency_part(value);
    } else if (name == "sentinel" && is_redis) {
      spec_.sentinel_master = value;
    } else if (name == "sentinel_password" && is_redis) {
      spec_.sentinel_password = read_password(cf_, value);
    } else {
      fail("unknown parameter " + acme::in_quotes(name) +
           " in \"acme_storage\" directive, it must be one of: key, plain, "
           "prefix, user, password, trusted_certificate, certificate, "
           "certificate_key, node, emergency, emergency_part" +
           (is_redis ? ", sentinel, sentinel_password" : ""));
    }
  }

  void add_url(std::string_view url) {
    const bool is_etcd = spec_.kind == StorageSpec::Kind::kEtcd;
    const std::string_view open = is_etcd ? "http://" : "redis://";
    const std::string_view closed = is_etcd ? "https://" : "rediss://";
    if (!url.starts_with(open) && !url.starts_with(closed)) {
      fail("invalid URL " + acme::in_quotes(url) +
           " in \"acme_storage\" directive: it begins with " +
           std::string(closed) + " or, without TLS, " + std::string(open));
    }
    if (url.find('@') != std::string_view::npos) {
      fail(
          "a URL with a user or password in it ends in logs: \"acme_storage\" "
          "has user=NAME and password=FILE for them");
    }
    if (host_in(authority_of(url)).empty()) {
      fail("URL " + acme::in_quotes(url) +
           " in \"acme_storage\" directive names no host");
    }
    is_open_ =
        is_open_ || (url.starts_with(open) && !is_loopback(authority_of(url)));
    if (std::find(spec_.urls.begin(), spec_.urls.end(), url) !=
        spec_.urls.end()) {
      fail("URL " + acme::in_quotes(url) + " is in \"acme_storage\" twice");
    }
    if (spec_.urls.size() == kMostStorageUrls) {
      fail("\"acme_storage\" takes at most 16 URLs");
    }
    spec_.urls.emplace_back(url);
  }

  void add_key(std::string_view file) {
    auto& keys = spec_.node.keys.keys;
    acme::SecretBytes key =
        read_sealing_key(cf_, file, "the key of \"acme_storage\"");
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) {
      fail("\"acme_storage\" has the same key twice: take " +
           acme::in_quotes(file) + " from it");
    }
    if (keys.size() == 2) {
      fail(
          "\"acme_storage\" takes two keys at most, to change one for another");
    }
    keys.push_back(std::move(key));
  }

  void set_emergency(std::string_view value) {
    FleetEmergency& emergency = spec_.node.emergency;
    emergency.who = value == "off"      ? FleetEmergency::Who::kOff
                    : value == "lowest" ? FleetEmergency::Who::kLowest
                                        : FleetEmergency::Who::kNode;
    emergency.node = value;
  }

  void set_emergency_part(std::string_view value) {
    unsigned part = 0;
    const auto [end, error] =
        std::from_chars(value.data(), value.data() + value.size(), part);
    if (error != std::errc() || end != value.data() + value.size() ||
        part < 2 || part > kLargestEmergencyPart) {
      fail("invalid emergency_part " + acme::in_quotes(value) +
           " in \"acme_storage\" directive: 12 stands for the last twelfth of "
           "a certificate's lifetime; from 2 to 100");
    }
    spec_.node.emergency.part = part;
  }

  void check() {
    if (spec_.urls.empty()) {
      fail("\"acme_storage\" lacks the URL of the storage");
    }
    if (spec_.prefix.find('\n') != std::string::npos ||
        spec_.prefix.size() > 255) {
      fail("the prefix in \"acme_storage\" is too long");
    }
    if (!is_plain_ && spec_.node.keys.keys.empty()) {
      fail(
          "\"acme_storage\" lacks a key: private keys are encrypted before "
          "they "
          "leave this machine, by key=FILE (\"openssl rand -base64 32\" makes "
          "one, the same for all nodes); \"plain\" would have them leave as "
          "they are");
    }
    if (is_plain_ && !spec_.node.keys.keys.empty()) {
      fail("\"acme_storage\" has both key= and plain");
    }
    if (spec_.client_certificate.empty() != spec_.client_key.empty()) {
      fail(
          "\"acme_storage\" needs both certificate= and certificate_key=, or "
          "neither");
    }
    if (spec_.node.node.empty() || spec_.node.node.size() > 64 ||
        spec_.node.node.find_first_of("/ \t") != std::string::npos) {
      fail("invalid node " + acme::in_quotes(spec_.node.node) +
           " in \"acme_storage\" directive: a name that no other machine of "
           "the fleet has, without a slash, of at most 64 characters");
    }
    if (!acme::can_use(spec_.kind)) {
      fail(
          "this build of the module cannot use redis: build it with hiredis, "
          "or use etcd");
    }
    warn();
  }

  void warn() const {
    if (is_plain_) {
      remark(cf_, NGX_LOG_WARN, SourceLine::current(cf_),
             "\"acme_storage\" keeps private keys in the open: who can read "
             "the storage has them; use key=FILE instead of \"plain\"");
    }
    if (is_open_) {
      remark(cf_, NGX_LOG_WARN, SourceLine::current(cf_),
             "\"acme_storage\" goes over the network without TLS, where "
             "anybody on the way can change what nodes are told: use " +
                 std::string(spec_.kind == StorageSpec::Kind::kEtcd
                                 ? "https://"
                                 : "rediss://"));
    }
  }

  ngx_conf_t* cf_;
  StorageSpec spec_;
  std::set<std::string> seen_;
  bool is_plain_ = false;
  bool is_open_ = false;  ///< it leaves the machine without TLS
};

}  // namespace

char* set_acme_storage(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  auto& main = *static_cast<MainConf*>(conf);
  if (main.storage_where) {
    fail_as_duplicate(cf, *main.storage_where);
  }
  main.storage_where = SourceLine::current(cf);
  const std::span<const ngx_str_t> all = arguments(cf);
  const std::string_view kind = view(all.front());
  if (kind == "file") {
    if (all.size() > 1) {
      fail("\"acme_storage file\" takes no other parameter");
    }
    return NGX_CONF_OK;
  }
  if (kind != "etcd" && kind != "redis") {
    fail("unknown storage " + acme::in_quotes(kind) +
         " in \"acme_storage\" directive, it must be one of: file, etcd, "
         "redis");
  }
  main.plan.storage =
      StorageLine(cf, kind == "etcd" ? StorageSpec::Kind::kEtcd
                                     : StorageSpec::Kind::kRedis)
          .read(all.subspan(1));
  return NGX_CONF_OK;
}

}  // namespace ngx_acme
