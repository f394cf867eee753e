// SPDX-License-Identifier: BSD-2-Clause
// Which names a public CA signs at all.
#include "acme_core/engine/public_names.h"

#include <libpsl.h>

#include <algorithm>
#include <memory>

#include "acme_core/engine/builtin_issuers.h"

namespace acme {
namespace {

struct FreeList {
  void operator()(psl_ctx_t* list) const noexcept { psl_free(list); }
};

// nullptr when there is none, and nothing is known.
const psl_ctx_t* suffixes() noexcept {
  static const std::unique_ptr<psl_ctx_t, FreeList> list(psl_latest(nullptr));
  return list.get();
}

// Without the rule "*", by which every unknown top-level domain is one.
bool is_icann_suffix(const char* name) noexcept {
  return psl_is_public_suffix2(suffixes(), name,
                               PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE) != 0;
}

// The shortest suffix first: the top-level domain is nearly always one.
bool is_below_icann_suffix(const std::string& name) noexcept {
  for (std::size_t dot = name.rfind('.'); dot != std::string::npos;
       dot = dot == 0 ? std::string::npos : name.rfind('.', dot - 1)) {
    if (is_icann_suffix(name.c_str() + dot + 1)) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool is_public_ca(const IssuerSpec& issuer) noexcept {
  return !issuer.directory_url.empty() &&
         std::any_of(kBuiltinIssuers.begin(), kBuiltinIssuers.end(),
                     [&](const BuiltinIssuer& known) {
                       return issuer.directory_url == known.directory_url ||
                              issuer.directory_url == known.staging_url;
                     });
}

std::optional<std::string> why_no_public_ca_signs(
    const Identifier& identifier) {
  if (const auto why = why_not_public(identifier)) {
    return std::string(*why);
  }
  if (identifier.type != Identifier::Type::kDns || suffixes() == nullptr) {
    return std::nullopt;
  }
  const std::string name =
      identifier.is_wildcard() ? identifier.value.substr(2) : identifier.value;
  if (is_icann_suffix(name.c_str())) {
    return "is a public suffix, under which others have their names";
  }
  if (!is_below_icann_suffix(name)) {
    return "is in no public top-level domain";
  }
  return std::nullopt;
}

}  // namespace acme
