// SPDX-License-Identifier: BSD-2-Clause
// TXT records that end with their scope.
#include "acme_core/challenge/dns01.h"

#include <exception>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "acme_core/challenge/dns_propagation.h"
#include "acme_core/crypto/base64url.h"
#include "acme_core/crypto/digest.h"
#include "acme_core/error.h"

namespace acme {
namespace {

struct Publication {
  DnsRecord record;
  DnsProvider* provider;
};

// Two orders have a record in common when they share an authorization, for one.
std::set<std::string> locked_names(
    const std::vector<Publication>& publications) {
  std::set<std::string> name_locks;
  for (const Publication& publication : publications) {
    name_locks.insert(publication.provider->lock_name(publication.record));
  }
  return name_locks;
}

// Ends in reverse order: first the records, then the right to them.
class Dns01Answers final : public PresentedAnswers {
 public:
  Dns01Answers(const Dns01Context& context,
               std::vector<Publication> publications, std::stop_token stop)
      : context_(context),
        stop_(std::move(stop)),
        lock_(context.name_locks.lock(locked_names(publications), stop_)),
        publications_(std::move(publications)) {}

  // Whatever becomes of it, the records are in the journal before anybody is
  // asked to publish them.
  void publish() {
    context_.journal.note(records());
    for (const Publication& publication : publications_) {
      ++begun_;
      present(publication);
    }
    wait_until_published({.lookup = context_.lookup,
                          .clock = context_.clock,
                          .log = context_.log,
                          .longest_wait = context_.longest_wait},
                         records(), stop_);
  }

  ~Dns01Answers() override {
    try {
      remove();
    } catch (const std::exception& error) {
      warn(error.what());
    }
  }

 private:
  [[nodiscard]] std::vector<DnsRecord> records() const {
    std::vector<DnsRecord> records;
    for (const Publication& publication : publications_) {
      records.push_back(publication.record);
    }
    return records;
  }

  // A provider that is down is not the CA's outage.
  void present(const Publication& publication) {
    try {
      publication.provider->present(publication.record, stop_);
    } catch (Error& error) {
      refusal_ = error.kind();
      // What it refuses for good is about this name.
      if (is_definite(error.kind())) {
        error.with_names({publication.record.domain});
      }
      if (error.kind() == ErrorKind::kUnavailable ||
          error.kind() == ErrorKind::kRateLimited) {
        throw Error(ErrorKind::kOurs, error.what());
      }
      throw;
    }
  }

  // Also what its provider failed to publish, and may have published all the
  // same.
  void remove() {
    std::vector<DnsRecord> done;
    for (std::size_t i = 0; i < publications_.size(); ++i) {
      try {
        if (i < begun_) {
          publications_[i].provider->cleanup(publications_[i].record, stop_);
        }
        done.push_back(publications_[i].record);
      } catch (const Error& error) {
        if (error.kind() == ErrorKind::kStopped) {
          break;  // the next start removes them
        }
        if (refusal_ && i + 1 == begun_) {
          if (is_definite(*refusal_)) {
            done.push_back(publications_[i].record);
          }
          continue;  // whoever is told of the failure knows why
        }
        warn(publications_[i].record, error);
      }
    }
    context_.journal.forget(done);
  }

  // A record that was refused for good is not there.
  static bool is_definite(ErrorKind refusal) {
    return refusal == ErrorKind::kConfiguration ||
           refusal == ErrorKind::kPermanent;
  }

  void warn(const DnsRecord& record, const Error& error) const {
    warn("TXT \"" + record.fqdn + "\" with the value \"" + record.value +
         "\" is left, removed at the next start: " + error.what());
  }

  void warn(const std::string& fault) const noexcept {
    try {
      context_.log.warn("cannot remove a DNS record: " + fault +
                        "; who cannot wait removes it by hand");
    } catch (const std::exception&) {
      return;  // out of memory: the journal has it
    }
  }

  const Dns01Context& context_;
  const std::stop_token stop_;
  const NameLocks::Lock lock_;
  const std::vector<Publication> publications_;
  std::size_t begun_ = 0;
  std::optional<ErrorKind> refusal_;  ///< of the last one that was begun
};

}  // namespace

std::unique_ptr<PresentedAnswers> Dns01Solver::present(
    std::span<const ChallengeTask> tasks, std::stop_token stop) {
  std::vector<Publication> publications;
  for (const ChallengeTask& task : tasks) {
    DnsRecord record = record_for(task, stop);
    DnsProvider* const provider = context_.choose(record);
    if (provider == nullptr) {
      throw Error(ErrorKind::kConfiguration,
                  "no DNS provider is configured for \"" + record.domain +
                      "\": its TXT record would be \"" + record.fqdn +
                      "\"; name who publishes it in \"acme_dns\"")
          .with_names({record.domain});
    }
    publications.push_back({std::move(record), provider});
  }
  auto presented = std::make_unique<Dns01Answers>(
      context_, std::move(publications), std::move(stop));
  presented->publish();
  return presented;
}

DnsRecord Dns01Solver::record_for(const ChallengeTask& task,
                                  const std::stop_token& stop) const {
  const std::string& domain = task.identifier.value;
  if (task.identifier.type != Identifier::Type::kDns) {
    throw Error(ErrorKind::kConfiguration,
                "\"" + domain + "\" is an address: it has no DNS record");
  }
  std::string name = dns01_record_name(domain);
  if (type_ == ChallengeType::kDnsAccount01) {
    name = dns_account_label(task.account_url) + "." + name;
  }
  try {
    name = context_.lookup.follow_aliases(name, stop);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUnavailable) {
      throw;
    }
    // A delegated name may have no server before it has a record.
    context_.log.info("\"" + name +
                      "\" is taken as it is, whether it is an alias is not "
                      "known: " +
                      error.what());
  }
  return {domain, std::move(name), dns01_value(task.key_authorization)};
}

std::string dns01_record_name(const std::string& domain) {
  return "_acme-challenge." + domain + ".";
}

std::string dns01_value(std::string_view key_authorization) {
  return base64url_encode(sha256(key_authorization));
}

std::string dns_account_label(std::string_view account_url) {
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
  constexpr std::size_t kBytes = 10;  // 80 bits: 16 characters, no padding
  const auto digest = sha256(account_url);
  std::string label = "_";
  unsigned bits = 0;
  unsigned count = 0;
  for (std::size_t i = 0; i < kBytes; ++i) {
    bits = (bits << 8 | digest.at(i)) & 0xfff;
    for (count += 8; count >= 5; count -= 5) {
      label += kAlphabet[bits >> (count - 5) & 31];
    }
  }
  return label;
}

}  // namespace acme
