// SPDX-License-Identifier: BSD-2-Clause
// Which certificates the managed servers have.
#include "ngx_module/config/certificate_plan.h"

#include <algorithm>

#include "ngx_module/config/report.h"

namespace ngx_acme {
namespace {

using acme::KeyType;

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

void CertificatePlan::add(ngx_conf_t* cf, const ManagedServer& managed,
                          KeyFit* fit) {
  std::vector<KeyType> key_types = managed.options.key_types;
  std::string why_keys;
  if (fit != nullptr) {
    if (key_types.empty()) {
      key_types = fit->choose(has_rsa_certificate(managed.context()));
      why_keys = why_chosen(key_types, fit->choose(false));
    } else {
      warn_of_unusable_keys(cf, managed, *fit);
    }
  } else if (key_types.empty()) {
    key_types = {KeyType::kEcdsa256};
  }
  const SourceLine where =
      managed.is_explicit ? managed.where : source_of(*managed.server);
  for (TlsPart& part : managed.tls->parts) {
    CertificateGroup group{{}, managed.is_explicit, where, why_keys};
    for (const KeyType key_type : key_types) {
      acme::CertificateSpec spec{managed.issuers, part.identifiers, key_type};
      spec.challenges = managed.options.challenges;
      spec.partial = managed.partial;
      for (const acme::Identifier& implied : managed.names.implied()) {
        if (std::find(part.identifiers.begin(), part.identifiers.end(),
                      implied) != part.identifiers.end()) {
          spec.implied.push_back(implied);
        }
      }
      if (managed.tls->parts.size() == 1) {
        spec.as_written = managed.names.with_repetitions();
      }
      const auto [index, is_new] =
          share_or_add(cf, std::move(spec), managed.where);
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

void CertificatePlan::warn_of_unusable_keys(ngx_conf_t* cf,
                                            const ManagedServer& managed,
                                            KeyFit& fit) {
  const std::vector<KeyType>& types = managed.options.key_types;
  TlsVersions served = TlsVersions::kNone;
  for (const KeyType type : types) {
    served = served | fit.serves(type);
  }
  const TlsVersions servable = fit.servable();
  const TlsVersions missing = lacking(served, servable);
  if (missing == TlsVersions::kNone ||
      !warned_of_keys_.insert(managed.where).second) {
    return;
  }
  std::string whom = "no client";
  if (missing != servable) {
    whom += missing == TlsVersions::k13 ? " with TLS 1.3" : " below TLS 1.3";
  }
  remark(cf, NGX_LOG_WARN, managed.where,
         "with \"key=" + listed(types) + "\" " + whom + " can connect to \"" +
             managed.first_name() +
             "\", whose ciphers, protocols and signatures are for other keys: "
             "leave \"key\" out, or write \"key=" +
             listed(fit.choose(false)) + "\"");
}

// A certificate is ordered once, for all servers that have it.
std::pair<std::size_t, bool> CertificatePlan::share_or_add(
    ngx_conf_t* cf, acme::CertificateSpec spec, const SourceLine& where) {
  const auto [entry, is_new] = known_.try_emplace(
      {spec.issuer(),
       std::set(spec.identifiers.begin(), spec.identifiers.end()),
       spec.key_type},
      certificates_.size());
  if (is_new) {
    certificates_.push_back(std::move(spec));
    places_.push_back(where);
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
    places_[entry->second] = where;
  } else if (!spec.challenges.empty() && spec.challenges != shared.challenges) {
    const SourceLine& first = places_[entry->second];
    remark(cf, NGX_LOG_WARN, where,
           "certificate \"" + shared.name() +
               "\" is for several servers and proved as " + first.file + ":" +
               std::to_string(first.line) +
               " says: give \"challenge\" the same value, which is another "
               "one");
  }
  return {entry->second, false};
}

}  // namespace ngx_acme
