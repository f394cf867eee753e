// SPDX-License-Identifier: BSD-2-Clause
// Names of servers as identifiers of certificates.
#include "ngx_module/config/server_names.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>

#include "acme_core/ascii.h"
#include "acme_core/engine/public_names.h"
#include "ngx_module/config/name_faults.h"
#include "ngx_module/nginx/ngx_types.h"
#include "ngx_module/serve/wildcard_name.h"

namespace ngx_acme {
namespace {

using acme::Identifier;

// RFC 3986 section 3.2.2: unreserved, sub-delims and "%", without the dot and
// the asterisk, which have a meaning here.
bool is_host_character(char c) noexcept {
  return acme::is_alphanumeric(c) ||
         std::string_view("-_~%!$&'()+,;=").find(c) != std::string_view::npos;
}

// What the official module takes for a name: labels with dots between them,
// with a leading dot or a leading "*." at most.
bool is_well_formed(std::string_view name) noexcept {
  if (name.starts_with("*.")) {
    name.remove_prefix(2);
  } else if (name.starts_with('.')) {
    name.remove_prefix(1);
  }
  bool after_dot = true;
  for (const char c : name) {
    if (c == '.' ? after_dot : !is_host_character(c)) {
      return false;
    }
    after_dot = c == '.';
  }
  return !after_dot;
}

// `.example.com` stands for both www.example.com and example.com.
std::vector<std::string> spelled_out(std::string_view name) {
  if (name.starts_with('.')) {
    const std::string apex(name.substr(1));
    return {"www." + apex, apex};
  }
  return {std::string(name)};
}

// What `.example.com` stands for, as nginx sees it.
std::optional<Identifier> implied_wildcard(std::string_view name) {
  return name.starts_with('.') ? acme::parse_identifier("*" + std::string(name))
                               : std::nullopt;
}

bool is_regex(const ngx_http_server_name_t& name) {
#if (NGX_PCRE)
  return name.regex != nullptr;
#else
  static_cast<void>(name);
  return false;
#endif
}

}  // namespace

bool NameList::add(std::string_view text) {
  const std::optional<Identifier> as_it_is = acme::parse_identifier(text);
  const bool is_address = as_it_is && as_it_is->type == Identifier::Type::kIp;
  if (!is_address && !is_well_formed(text)) {
    return false;
  }
  for (const std::string& spelling : spelled_out(text)) {
    std::optional<Identifier> identifier = acme::parse_identifier(spelling);
    if (!identifier) {
      remark(std::string(text), why_no_host_name(text));
      break;
    }
    const bool is_implied = spelling != text && spelling != text.substr(1);
    if (std::find(unique_.begin(), unique_.end(), *identifier) ==
        unique_.end()) {
      unique_.push_back(*identifier);
      if (is_implied) {
        implied_.push_back(*identifier);
      }
    } else if (!is_implied) {
      std::erase(implied_, *identifier);
    }
    all_.push_back(std::move(*identifier));
  }
  return true;
}

void NameList::imply(const Identifier& name) {
  if (std::find(unique_.begin(), unique_.end(), name) != unique_.end()) {
    implied_.push_back(name);
  }
}

void NameList::drop_covered(const WildcardTest& is_provable) {
  std::vector<Identifier> wildcards;
  std::copy_if(unique_.begin(), unique_.end(), std::back_inserter(wildcards),
               [&](const Identifier& name) {
                 return name.is_wildcard() && is_provable(name);
               });
  const auto is_covered = [&](const Identifier& name) {
    return name.type == Identifier::Type::kDns &&
           std::any_of(wildcards.begin(), wildcards.end(),
                       [&](const Identifier& other) {
                         return is_covered_by(name.value, other.value);
                       });
  };
  std::erase_if(unique_, is_covered);
  std::erase_if(all_, is_covered);
  std::erase_if(implied_, is_covered);
}

void NameList::leave_out(const Reason& why) {
  const auto is_kept = [&](const Identifier& name) { return !why(name); };
  if (std::none_of(unique_.begin(), unique_.end(), is_kept)) {
    return;
  }
  for (const Identifier& name : unique_) {
    if (auto reason = why(name)) {
      remark(name.value, std::move(*reason));
    }
  }
  std::erase_if(unique_, why);
  std::erase_if(all_, why);
}

ServerNames names_of(const ngx_http_core_srv_conf_t& server,
                     const WildcardTest& is_provable,
                     const IgnoredTest& why_ignored) {
  ServerNames found;
  const auto [first, last] =
      elements<ngx_http_server_name_t>(server.server_names);
  for (const auto* entry = first; entry != last; ++entry) {
    const std::string_view name = view(entry->name);
    if (name.empty()) {
      continue;
    }
    std::string why =
        is_regex(*entry) || !why_ignored ? std::string() : why_ignored(name);
    if (!why.empty()) {
      found.ignored.emplace_back(name, std::move(why));
    } else if (is_regex(*entry)) {
      found.names.remark("~" + std::string(name), "a regular expression");
    } else if (const auto wildcard = implied_wildcard(name);
               wildcard && is_provable(*wildcard)) {
      static_cast<void>(found.names.add(name.substr(1)));
      static_cast<void>(found.names.add(wildcard->value));
    } else if (!found.names.add(name)) {
      found.malformed.emplace_back(name);
    } else if (wildcard) {
      found.partly_covered.emplace_back(name);
    }
  }
  return found;
}

std::optional<std::string> why_no_public_ca(const Identifier& identifier) {
  if (identifier.value.find('_') != std::string::npos) {
    return "an underscore, which no public CA signs: write a hyphen, or name a "
           "CA of your own by \"acme_issuer\"";
  }
  const auto why = acme::why_no_public_ca_signs(identifier);
  return why ? std::optional("it " + *why +
                             ": name a CA of your own by \"acme_issuer\", or "
                             "use a name that you own")
             : std::nullopt;
}

std::pair<SkipReason, std::string> why_skip(const Identifier& identifier,
                                            bool public_ca,
                                            const WildcardTest& is_provable) {
  if (identifier.is_wildcard() && !is_provable(identifier)) {
    return {SkipReason::kUnserved,
            "a wildcard needs a DNS challenge: say who publishes its records "
            "by \"acme_dns\""};
  }
  if (identifier.type == Identifier::Type::kIp) {
    return {SkipReason::kNatural, "an IP address: name it in acme_certificate"};
  }
  const std::string& name = identifier.value;
  if (name == "localhost" || name == "_") {
    return {SkipReason::kNatural, "not a public name"};
  }
  if (public_ca) {
    if (auto reason = why_no_public_ca(identifier)) {
      return {SkipReason::kUnserved, std::move(*reason)};
    }
  }
  if (name.find('.') == std::string::npos) {
    return {SkipReason::kUnserved,
            "a single label: name it in acme_certificate if the CA takes it"};
  }
  return {SkipReason::kNone, {}};
}

}  // namespace ngx_acme
