// SPDX-License-Identifier: BSD-2-Clause
// Choosing among challenges.
#include "acme_core/engine/challenge_choice.h"

#include <algorithm>
#include <utility>

#include "acme_core/env/log.h"

namespace acme {
namespace {

bool contains(const std::vector<ChallengeType>& types, ChallengeType type) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

bool is_in_zone(std::string_view name, std::string_view zone) {
  return zone.empty() || name == zone ||
         (name.size() > zone.size() && name.ends_with(zone) &&
          name[name.size() - zone.size() - 1] == '.');
}

// Whether the type says anything about the name (RFC 8555 section 8.3, RFC 8738
// section 4).
bool is_for(ChallengeType type, const Identifier& identifier) {
  return is_dns(type) ? identifier.type == Identifier::Type::kDns
                      : !identifier.is_wildcard();
}

// A record of dns-persist-01 is published once, by a person. That of another
// type may be in the zone that an alias leads to: who asks for it by name needs
// some provider, not one for the name.
bool is_publishable(ChallengeType type, const IssuerSpec& issuer,
                    const Identifier& identifier, bool is_configured) {
  if (!is_dns(type) || type == ChallengeType::kDnsPersist01) {
    return true;
  }
  return is_configured
             ? !issuer.dns.empty()
             : find_dns_provider(issuer.dns, identifier.value) != nullptr;
}

// A type that the CA finds at its usual port goes before a provider, which is
// slower; a provider goes before what may be found only if somebody forwards
// it. Where nothing listens at all, http-01 is left to say so.
std::vector<ChallengeType> by_listeners(Listeners listeners, bool self_check) {
  // Who turned the look at port 80 off has it elsewhere.
  if (!self_check && listeners.http == Listening::kNowhere) {
    listeners.http = Listening::kOnOtherPorts;
  }
  std::vector<ChallengeType> types;
  const auto add = [&](Listening where) {
    if (listeners.http == where) {
      types.push_back(ChallengeType::kHttp01);
    }
    if (listeners.tls == where) {
      types.push_back(ChallengeType::kTlsAlpn01);
    }
  };
  add(Listening::kOnUsualPort);
  types.push_back(ChallengeType::kDns01);
  add(Listening::kOnOtherPorts);
  if (listeners.http == Listening::kNowhere &&
      listeners.tls == Listening::kNowhere) {
    types.push_back(ChallengeType::kHttp01);
  }
  return types;
}

// "http-01 or tls-alpn-01".
std::string listed(const std::vector<ChallengeType>& types) {
  std::string text;
  for (const ChallengeType type : types) {
    text.append(text.empty() ? "" : " or ").append(to_string(type));
  }
  return text;
}

// A record that stays published has nothing to do with a token.
bool is_usable(const Challenge& challenge, ChallengeType type) {
  return !challenge.token.empty() || type == ChallengeType::kDnsPersist01;
}

}  // namespace

const DnsProviderSpec* find_dns_provider(
    const std::vector<DnsProviderSpec>& providers, std::string_view name) {
  if (name.starts_with("*.")) {
    name.remove_prefix(2);
  }
  const DnsProviderSpec* best = nullptr;
  for (const DnsProviderSpec& provider : providers) {
    if (is_in_zone(name, provider.zone) &&
        (best == nullptr || provider.zone.size() > best->zone.size())) {
      best = &provider;
    }
  }
  return best;
}

std::vector<ChallengeType> challenge_candidates(
    const IssuerSpec& issuer, const CertificateSpec& certificate,
    const Identifier& identifier, const Listeners& listeners) {
  if (certificate.is_authorized_at(issuer)) {
    return {};
  }
  std::vector<ChallengeType> types = certificate.challenges_at(issuer);
  const bool is_configured = !types.empty();
  if (!is_configured) {
    types =
        identifier.is_wildcard()
            ? std::vector{ChallengeType::kDns01, ChallengeType::kDnsPersist01}
            : by_listeners(listeners, issuer.self_check);
  }
  std::erase_if(types, [&](ChallengeType type) {
    return !is_for(type, identifier) ||
           !is_publishable(type, issuer, identifier, is_configured);
  });
  return types;
}

ChallengeChoice::ChallengeChoice(const IssuerSpec& issuer,
                                 const CertificateSpec& certificate,
                                 const Listeners& listeners,
                                 ChallengeSolvers& solvers, ProvedBy before)
    : issuer_(issuer),
      certificate_(certificate),
      listeners_(listeners),
      solvers_(solvers),
      before_(std::move(before)) {}

ChallengeChoice::Name& ChallengeChoice::find(const Identifier& identifier) {
  const auto [entry, is_new] = names_.try_emplace(identifier);
  Name& name = entry->second;
  if (!is_new) {
    return name;
  }
  name.candidates =
      challenge_candidates(issuer_, certificate_, identifier, listeners_);
  std::erase_if(name.candidates, [&](ChallengeType type) {
    return solvers_.find(type) == nullptr;
  });
  name.left = name.candidates;
  if (name.left.empty()) {
    return name;
  }
  name.first = name.left.front();
  const auto before = before_.find(identifier.value);
  if (before != before_.end() && contains(name.left, before->second)) {
    name.proved_by = before->second;
    std::stable_partition(
        name.left.begin(), name.left.end(),
        [&](ChallengeType type) { return type == before->second; });
  }
  return name;
}

const std::vector<ChallengeType>& ChallengeChoice::left(
    const Identifier& name) {
  return find(name).left;
}

ChallengeType ChallengeChoice::choose(const Authorization& authorization) {
  const Identifier identifier = full_name(authorization);
  Name& name = find(identifier);
  const auto offered = [&](ChallengeType type) -> const Challenge* {
    const Challenge* challenge = authorization.find(to_string(type));
    return challenge != nullptr && is_usable(*challenge, type) ? challenge
                                                               : nullptr;
  };
  std::erase_if(name.left,
                [&](ChallengeType type) { return offered(type) == nullptr; });
  if (name.left.empty()) {
    throw none_for(identifier, name);
  }
  // One that is "processing" was answered before we were interrupted.
  const auto begun =
      std::find_if(name.left.begin(), name.left.end(), [&](ChallengeType type) {
        return offered(type)->status == Challenge::Status::kProcessing;
      });
  return begun == name.left.end() ? name.left.front() : *begun;
}

Error ChallengeChoice::none_for(const Identifier& identifier,
                                const Name& name) const {
  const std::string quoted = "\"" + identifier.value + "\"";
  std::string text;
  if (!name.candidates.empty()) {
    std::vector<ChallengeType> untried = name.candidates;
    std::erase_if(untried, [&](ChallengeType type) {
      return std::any_of(
          name.failures.begin(), name.failures.end(),
          [&](const Failure& failure) { return failure.type == type; });
    });
    text = "the CA offers no " + listed(untried) + " challenge for " + quoted;
    if (identifier.is_wildcard() && issuer_.dns.empty()) {
      text += "; others need \"acme_dns\" to say who publishes its records";
    }
    for (const Failure& failure : name.failures) {
      text.append("; ")
          .append(to_string(failure.type))
          .append(": ")
          .append(failure.why);
    }
  } else if (certificate_.is_authorized_at(issuer_)) {
    text = "the CA asks for a proof of control over " + quoted +
           ", and \"challenge none\" offers none: have the CA authorize the "
           "account, or name a challenge";
  } else if (const auto& configured = certificate_.challenges_at(issuer_);
             !configured.empty()) {
    text = (identifier.is_wildcard()
                ? "the wildcard " + quoted + " needs a DNS challenge: "
                : quoted + " needs another challenge: ") +
           listed(configured) + " cannot prove it";
  } else {
    text = "the wildcard " + quoted +
           " needs a DNS challenge: say who publishes its records by "
           "\"acme_dns\"";
  }
  return Error(ErrorKind::kPermanent, text);
}

void ChallengeChoice::failed(const Identifier& name, ChallengeType type,
                             std::string why) {
  rule_out(name, type, std::move(why));
  find(name).has_failed = true;
}

void ChallengeChoice::rule_out(const Identifier& identifier, ChallengeType type,
                               std::string why) {
  Name& name = find(identifier);
  std::erase(name.left, type);
  name.failures.push_back({type, std::move(why)});
}

void ChallengeChoice::succeeded(const Identifier& name, ChallengeType type) {
  find(name).proved_by = type;
}

bool ChallengeChoice::has_failed() const {
  return std::any_of(names_.begin(), names_.end(),
                     [](const auto& entry) { return entry.second.has_failed; });
}

bool ChallengeChoice::may_go_on() const {
  return has_failed() && turns_ + 1 < kChallengeTypes.size() &&
         std::none_of(names_.begin(), names_.end(), [](const auto& entry) {
           return entry.second.has_failed && entry.second.left.empty();
         });
}

std::optional<ChallengeChoice::Next> ChallengeChoice::go_on() {
  if (!may_go_on()) {
    return std::nullopt;
  }
  ++turns_;
  Next next;
  for (auto& [identifier, name] : names_) {
    if (std::exchange(name.has_failed, false)) {
      next.text.append(next.text.empty() ? "trying " : ", ")
          .append(to_string(name.left.front()))
          .append(" for \"" + identifier.value + "\"");
      next.names.push_back(identifier.value);
    }
  }
  return next;
}

Error ChallengeChoice::with_all_failures(const Error& error) const {
  const auto ended =
      std::find_if(names_.begin(), names_.end(), [](const auto& entry) {
        return entry.second.left.empty() && entry.second.failures.size() > 1;
      });
  if (ended == names_.end()) {
    return error;
  }
  std::string text = "no challenge proved \"" + ended->first.value + "\"";
  const char* separator = ": ";
  for (const Failure& failure : ended->second.failures) {
    text.append(std::exchange(separator, "; "))
        .append(to_string(failure.type))
        .append(": ")
        .append(failure.why);
  }
  return Error(error.kind(), text)
      .with_problem_type(error.problem_type())
      .with_retry_at(error.retry_at())
      .with_names(error.names())
      .with_subject(error.subject());
}

ProvedBy ChallengeChoice::memory() const {
  ProvedBy memory;
  for (const auto& [identifier, name] : names_) {
    if (name.proved_by && name.proved_by != name.first) {
      memory.emplace(identifier.value, *name.proved_by);
    }
  }
  return memory;
}

ProvedBy proved_by_of(const CertificateRecord& record,
                      const std::string& issuer) {
  ProvedBy proved_by;
  const auto found = record.proved_by.find(issuer);
  if (found != record.proved_by.end()) {
    for (const auto& [name, text] : found->second) {
      if (const auto type = parse_challenge_type(text)) {
        proved_by.emplace(name, *type);
      }
    }
  }
  return proved_by;
}

void note_proved_by(CertificateRecord& record, const ProvedBy& proved_by) {
  record.proved_by.erase(record.issuer);
  for (const auto& [name, type] : proved_by) {
    record.proved_by[record.issuer].emplace(name, to_string(type));
  }
}

Identifier full_name(const Authorization& authorization) {
  Identifier name = authorization.identifier;
  if (authorization.wildcard && !name.is_wildcard()) {
    name.value.insert(0, "*.");
  }
  return name;
}

}  // namespace acme
