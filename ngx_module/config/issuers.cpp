// SPDX-License-Identifier: BSD-2-Clause
// The issuers of a configuration.
#include "ngx_module/config/issuers.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "acme_core/ascii.h"
#include "acme_core/engine/builtin_issuers.h"
#include "acme_core/env/trusted_path.h"
#include "ngx_module/config/directive_values.h"
#include "ngx_module/config/run_aside.h"
#include "ngx_module/nginx/ngx_types.h"

namespace ngx_acme {
namespace {

// The packager's choice of a folder; paths without one are nginx's to complete.
constexpr std::string_view kStatePrefix = NGX_ACME_STATE_PREFIX;

// The issuer's own CA for tests, made when it is first asked for; nullptr when
// none is known.
IssuerConf* staging_issuer(MainConf& main, const IssuerConf& issuer) {
  if (issuer.staging_url.empty()) {
    return nullptr;
  }
  const std::string name = issuer.spec.name + " (dry run)";
  if (IssuerConf* known = main.find_issuer(name)) {
    return known;
  }
  IssuerConf& staging =
      *main.issuers.emplace_back(std::make_unique<IssuerConf>(issuer));
  staging.spec.name = name;
  staging.spec.directory_url = issuer.staging_url;
  staging.staging_of = &issuer;
  staging.spec.limits = {};  // granted for the original
  // Tokens can be answered for one account only, and that is the original's.
  staging.spec.stateless = false;
  return &staging;
}

// Without a state directory the master keeps the account's key, so that a
// reload does not register another account.
void keep_account_key(IssuerConf& issuer) {
  if (!issuer.spec.account_key.empty()) {
    return;
  }
  const MainConf* previous = current_main_conf();
  const IssuerConf* before =
      previous == nullptr ? nullptr : previous->find_issuer(issuer.spec.name);
  if (before != nullptr && !before->spec.account_key.empty() &&
      before->spec.directory_url == issuer.spec.directory_url) {
    issuer.spec.account_key = before->spec.account_key;
  } else {
    auto key = run_aside([&] {
      return std::optional(
          acme::PrivateKey::generate(issuer.spec.account_key_type).to_pem());
    });
    if (!key) {
      fail("cannot make a key for the account of issuer \"" + issuer.spec.name +
           "\"");
    }
    issuer.spec.account_key = std::move(*key);
  }
}

// Originals come before their staging issuers.
void choose_state_path(ngx_conf_t* cf, IssuerConf& issuer) {
  if (const IssuerConf* original = issuer.staging_of) {
    issuer.spec.dry_run = {original->spec.name, original->spec.state_path};
    if (original->state_path != nullptr) {
      const std::string path = original->spec.state_path + "/dry-run";
      issuer.state_path = make_path(cf, borrow(path));
    }
  } else if (!issuer.directives.contains("state_path")) {
    const std::string path = default_state_path(issuer.spec.name);
    issuer.state_path = make_path(cf, borrow(path));
  }
}

// Two issuers in one directory would overwrite each other's accounts and
// orders. The official module does not mind, so that the configuration is
// accepted, and the second one moves into a folder of its own.
void separate_state_path(ngx_conf_t* cf, IssuerConf& issuer,
                         std::map<std::string, const IssuerConf*>& owners) {
  const std::string path =
      std::filesystem::path(view(issuer.state_path->name)).lexically_normal();
  const auto [owner, is_new] = owners.try_emplace(path, &issuer);
  if (is_new) {
    return;
  }
  const std::string own = path + "/" + issuer.spec.name;
  // Defaults differ: at least one of the two has the directive.
  const bool is_default = issuer.state_path_where.file.empty();
  remark(cf, NGX_LOG_WARN,
         is_default ? owner->second->state_path_where : issuer.state_path_where,
         "issuers \"" + owner->second->spec.name + "\" and \"" +
             issuer.spec.name + "\" have the same state path \"" + path +
             "\", where their accounts would overwrite each other: \"" +
             issuer.spec.name + "\" uses \"" + own +
             "\", give each a path of its own");
  issuer.state_path = make_path(cf, borrow(own));
  owners.try_emplace(own, &issuer);
}

// What to write in the place of an issuer that there is none of.
std::string advice_on(const std::string& missing) {
  const std::string name = acme::lowered(missing);
  if (name == "yes" || name == "true" || (name == "on" && missing != "on")) {
    return "write \"acme on;\"";
  }
  if (acme::find_builtin(name) != nullptr) {
    return "write \"" + name + "\"";
  }
  if (name.find("://") != std::string::npos) {
    return "a URL goes into \"uri\" of an acme_issuer block, and the name of "
           "that block here";
  }
  if (name.ends_with(',')) {
    return "separate issuers by spaces alone";
  }
  std::string builtin;
  for (const acme::BuiltinIssuer& known : acme::kBuiltinIssuers) {
    builtin.append(builtin.empty() ? "" : ", ").append(known.name);
  }
  return "add an acme_issuer block of that name, or take a built-in one: " +
         builtin;
}

}  // namespace

std::string in_state_prefix(std::string_view path) {
  if (kStatePrefix.empty() || path.starts_with('/')) {
    return std::string(path);
  }
  return std::string(kStatePrefix) + (kStatePrefix.ends_with('/') ? "" : "/") +
         std::string(path);
}

void use_builtin(IssuerConf& issuer, const acme::BuiltinIssuer& builtin) {
  issuer.spec.directory_url = builtin.directory_url;
  issuer.spec.terms_of_service_agreed = true;
}

void set_known_staging_url(IssuerConf& issuer) {
  const acme::BuiltinIssuer* known =
      acme::find_builtin_url(issuer.spec.directory_url);
  if (known != nullptr) {
    issuer.staging_url = known->staging_url;
  }
}

std::optional<std::vector<std::size_t>> find_issuers(
    ngx_conf_t* cf, MainConf& main, const std::vector<std::string>& names,
    bool is_dry_run, const SourceLine& where) {
  std::vector<std::size_t> issuers;
  for (const std::string& name : names) {
    IssuerConf* issuer = main.find_issuer(name);
    if (issuer == nullptr) {
      refuse(cf, where,
             "issuer \"" + name + "\" is missing: " + advice_on(name));
      return std::nullopt;
    }
    if (is_dry_run) {
      issuer = staging_issuer(main, *issuer);
    }
    if (issuer != nullptr) {
      issuers.push_back(main.index_of(*issuer));
    } else if (names.size() > 1) {
      remark(cf, NGX_LOG_NOTICE, where,
             "issuer \"" + name +
                 "\" has no staging CA and takes no part in the dry run");
    }
  }
  if (issuers.empty()) {
    refuse(cf, where,
           "issuer \"" + names.front() +
               "\" has no staging CA for \"acme_dry_run\": give it one by "
               "\"staging_uri\"");
    return std::nullopt;
  }
  return issuers;
}

void add_builtin_issuers(MainConf& main,
                         const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const acme::BuiltinIssuer* builtin = acme::find_builtin(name);
    if (builtin == nullptr || main.find_issuer(name) != nullptr) {
      continue;
    }
    auto& issuer = *main.issuers.emplace_back(std::make_unique<IssuerConf>());
    issuer.spec.name = name;
    use_builtin(issuer, *builtin);
    set_known_staging_url(issuer);
  }
}

// Default state directories stand beside nginx's own temporary folders, which
// its packager made writable: /var/lib/nginx/acme_NAME for Debian.
std::string default_state_path(const std::string& issuer) {
  const std::string_view neighbour = NGX_HTTP_CLIENT_TEMP_PATH;
  const std::size_t slash = neighbour.rfind('/');
  const std::string name = "acme_" + issuer;
  if (kStatePrefix.empty() && slash != std::string_view::npos) {
    return std::string(neighbour.substr(0, slash + 1)) + name;
  }
  return in_state_prefix(name);
}

void share_dns_providers(const MainConf& main) {
  for (const auto& issuer : main.issuers) {
    if (issuer->spec.dns.empty()) {
      issuer->spec.dns = main.dns;
    }
  }
}

void complete_issuers(ngx_conf_t* cf, const MainConf& main) {
  std::map<std::string, const IssuerConf*> owners;
  for (const auto& issuer : main.issuers) {
    if (issuer->spec.contacts.empty()) {
      issuer->spec.contacts = main.contacts;
    }
    choose_state_path(cf, *issuer);
    if (issuer->state_path == nullptr) {
      keep_account_key(*issuer);
      continue;
    }
    separate_state_path(cf, *issuer, owners);
    issuer->spec.state_path = view(issuer->state_path->name);
  }
}

void remember_former_issuers(MainConf& main) {
  std::set<std::string> known;
  for (const acme::IssuerSpec& issuer : main.plan.issuers) {
    known.insert(issuer.state_path);
  }
  const auto add = [&](const std::string& name, const std::string& directory,
                       const std::string& path) {
    if (path.starts_with('/') && known.insert(path).second) {
      acme::IssuerSpec& former = main.plan.former_issuers.emplace_back();
      former.name = name;
      former.directory_url = directory;
      former.state_path = path;
    }
  };
  if (const MainConf* running = current_main_conf()) {
    for (const acme::IssuerSpec& issuer : running->plan.issuers) {
      if (!issuer.dry_run) {
        add(issuer.name, issuer.directory_url, issuer.state_path);
      }
    }
  }
  for (const acme::BuiltinIssuer& builtin : acme::kBuiltinIssuers) {
    if (builtin.directory_url == builtin.staging_url) {
      continue;  // nobody trusts what it has signed
    }
    const std::string name(builtin.name);
    add(name, std::string(builtin.directory_url), default_state_path(name));
  }
}

void distrust_links(ngx_conf_t* cf, const MainConf& main) {
  if (geteuid() != 0) {
    return;
  }
  for (const auto& issuer : main.issuers) {
    const std::string& path = issuer->spec.state_path;
    const std::string link = issuer->state_path == nullptr
                                 ? std::string()
                                 : acme::untrusted_link(path);
    if (!link.empty()) {
      issuer->state_path = nullptr;
      remark(cf, NGX_LOG_ERR, place_of(main, *issuer),
             "the state path \"" + path + "\" of issuer \"" +
                 issuer->spec.name + "\" is not used as root: \"" + link +
                 "\" is a symbolic link that somebody else than root may "
                 "have made; remove it, or make it and its folder root's");
    }
  }
}

bool add_state_paths(ngx_conf_t* cf, const MainConf& main) {
  return std::all_of(main.issuers.begin(), main.issuers.end(),
                     [&](const auto& issuer) {
                       return issuer->state_path == nullptr ||
                              ngx_add_path(cf, &issuer->state_path) == NGX_OK;
                     });
}

SourceLine place_of(const MainConf& main, const IssuerConf& issuer) {
  if (!issuer.state_path_where.file.empty()) {
    return issuer.state_path_where;
  }
  return issuer.where.file.empty() ? main.discovery.groups().front().where
                                   : issuer.where;
}

}  // namespace ngx_acme
