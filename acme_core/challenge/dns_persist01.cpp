// SPDX-License-Identifier: BSD-2-Clause
// Reading records as a CA does.
#include "acme_core/challenge/dns_persist01.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "acme_core/ascii.h"
#include "acme_core/crypto/base64url.h"
#include "acme_core/crypto/digest.h"
#include "acme_core/error.h"

namespace acme {
namespace {

constexpr std::string_view kBlanks = " \t";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) {
    return {};
  }
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

struct PersistRecord {
  std::string issuer;  // lower case
  std::map<std::string, std::string_view> parameters;
};

// The syntax of CAA's issue-value (RFC 8659 section 4.2): a name, and tags with
// values behind semicolons. nullopt for anything else, and for a tag twice.
std::optional<PersistRecord> parse(std::string_view value) {
  PersistRecord record;
  for (std::size_t begin = 0; begin <= value.size();) {
    const std::size_t end = std::min(value.find(';', begin), value.size());
    const std::string_view part = trimmed(value.substr(begin, end - begin));
    if (begin == 0) {
      record.issuer = lowered(part);
    } else if (!part.empty()) {
      const std::size_t equals = part.find('=');
      if (equals == std::string_view::npos ||
          !record.parameters
               .emplace(lowered(trimmed(part.substr(0, equals))),
                        trimmed(part.substr(equals + 1)))
               .second) {
        return std::nullopt;
      }
    }
    begin = end + 1;
  }
  return record;
}

bool names(const std::vector<std::string>& issuers, std::string_view issuer) {
  return std::any_of(
      issuers.begin(), issuers.end(),
      [&](const std::string& name) { return lowered(name) == issuer; });
}

// "persistUntil": seconds since 1970.
bool is_over(std::string_view until, TimePoint now) {
  long long end = 0;
  const auto parsed =
      std::from_chars(until.data(), until.data() + until.size(), end);
  const auto current =
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
  return parsed.ec != std::errc() ||
         parsed.ptr != until.data() + until.size() || end < current.count();
}

// "*" in place of the domain: the record is good for several, which is to be
// seen.
bool names_account(std::string_view uri, const ChallengeTask& task) {
  return task.account_hash_prefix.empty()
             ? uri == task.account_url
             : uri == hashed_account_uri(task, task.identifier.value) ||
                   uri == hashed_account_uri(task, "*");
}

// A wildcard's record is good for its domain too.
bool is_covered(const ChallengeTask& task,
                std::span<const ChallengeTask> tasks) {
  return !task.wildcard &&
         std::any_of(tasks.begin(), tasks.end(), [&](const auto& other) {
           return other.wildcard && other.identifier == task.identifier;
         });
}

}  // namespace

std::string persist_record_name(const ChallengeTask& task) {
  return "_validation-persist." + task.identifier.value + ".";
}

// draft-ietf-acme-dns-persist-02 section 4.1, of SHA-256.
std::string hashed_account_uri(const ChallengeTask& task,
                               std::string_view domain) {
  std::string input(1, static_cast<char>(domain.size()));
  input.append(domain).append(task.account_thumbprint).append(task.account_url);
  return task.account_hash_prefix + "sha-256/" +
         base64url_encode(sha256(input));
}

std::string persist_record_value(const ChallengeTask& task) {
  return (task.issuer_domain_names.empty() ? std::string()
                                           : task.issuer_domain_names.front()) +
         "; accounturi=" +
         (task.account_hash_prefix.empty()
              ? task.account_url
              : hashed_account_uri(task, task.identifier.value)) +
         (task.wildcard ? "; policy=wildcard" : "");
}

bool persist_record_allows(std::string_view value, const ChallengeTask& task,
                           TimePoint now) {
  const auto record = parse(value);
  if (!record || !names(task.issuer_domain_names, record->issuer)) {
    return false;
  }
  const auto parameter = [&](const char* tag) -> std::string_view {
    const auto found = record->parameters.find(tag);
    return found == record->parameters.end() ? std::string_view()
                                             : found->second;
  };
  return names_account(parameter("accounturi"), task) &&
         (!task.wildcard || lowered(parameter("policy")) == "wildcard") &&
         (!record->parameters.contains("persistuntil") ||
          !is_over(parameter("persistuntil"), now));
}

void DnsPersist01Solver::note(const std::vector<std::string>& ca_names) {
  try {
    store_.change_account_record(
        [&](AccountRecord& record) { record.issuer_domain_names = ca_names; });
  } catch (const Error& error) {
    log_.info(std::string("what the CA calls itself is not kept: ") +
              error.what());
  }
}

// All at once, so that a person has to be told but once.
std::unique_ptr<PresentedAnswers> DnsPersist01Solver::present(
    std::span<const ChallengeTask> tasks, std::stop_token stop) {
  if (!tasks.empty() && !tasks.front().issuer_domain_names.empty()) {
    note(tasks.front().issuer_domain_names);
  }
  std::string missing;
  for (const ChallengeTask& task : tasks) {
    if (is_covered(task, tasks)) {
      continue;
    }
    if (const std::string why = fault(task, stop); !why.empty()) {
      missing.append(missing.empty() ? "" : "; and ")
          .append("\"" + persist_record_name(task) + "\" with the value \"" +
                  persist_record_value(task) + "\" (" + why + ")");
    }
  }
  if (!missing.empty()) {
    throw Error(
        ErrorKind::kConfiguration,
        "the CA was not asked; make this DNS record, which stays: TXT " +
            missing);
  }
  return std::make_unique<PresentedAnswers>();
}

// Empty when the CA may look.
std::string DnsPersist01Solver::fault(const ChallengeTask& task,
                                      const std::stop_token& stop) const {
  if (task.issuer_domain_names.empty()) {
    throw Error(ErrorKind::kPermanent,
                "the CA's dns-persist-01 challenge for \"" +
                    task.identifier.value +
                    "\" does not say what the CA is called there, or not "
                    "what the CA's directory says");
  }
  const std::string name = persist_record_name(task);
  std::string why;
  try {
    const std::string target = lookup_.follow_aliases(name, stop);
    bool some_have_it = false;
    for (const NameServer& server :
         lookup_.authoritative_servers(lookup_.zone_of(target, stop), stop)) {
      const TxtAnswer answer = lookup_.txt_at(server, target, stop);
      if (answer.status == TxtAnswer::Status::kSilent) {
        continue;
      }
      why = fault_of(answer, task);
      if (!why.empty()) {
        return "the name server \"" + server.name + "\" has " + why;
      }
      some_have_it = true;
    }
    if (some_have_it) {
      return {};
    }
    const TxtAnswer answer = lookup_.txt(target, stop);
    if (answer.status == TxtAnswer::Status::kAnswered) {
      why = fault_of(answer, task);
      return why.empty() ? why : "the resolver finds " + why;
    }
    why = answer.fault;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUnavailable) {
      throw;
    }
    why = error.what();
  }
  log_.info("whether TXT \"" + name + "\" is there is left to the CA: " + why);
  return {};
}

std::string DnsPersist01Solver::fault_of(const TxtAnswer& answer,
                                         const ChallengeTask& task) const {
  if (answer.status != TxtAnswer::Status::kAnswered) {
    return "an answer that is none: " + answer.fault;
  }
  const TimePoint now = clock_.now();
  std::string others;
  for (const std::string& value : answer.values) {
    if (persist_record_allows(value, task, now)) {
      return {};
    }
    others.append(others.empty() ? "only " : ", ")
        .append("\"" + printable(value, 200) + "\"");
  }
  return others.empty() ? "none of that name" : others;
}

}  // namespace acme
