// SPDX-License-Identifier: BSD-2-Clause
// Rounds of questions, with growing pauses.
#include "acme_core/challenge/dns_propagation.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "acme_core/error.h"

namespace acme {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kFirstPause{1'000};
constexpr milliseconds kLongestPause{10'000};
// A server that was silent as often is not reachable from here.
constexpr unsigned kPatientRounds = 3;
// What we cannot look at ourselves gets a little longer.
constexpr seconds kSettling{5};

std::string describe(const TxtAnswer& answer) {
  if (answer.status != TxtAnswer::Status::kAnswered) {
    return answer.fault;
  }
  std::string text;
  constexpr std::size_t kMostShown = 3;
  for (const std::string& value : answer.values) {
    if (&value == answer.values.data() + kMostShown) {
      text += ", ...";
      break;
    }
    text.append(text.empty() ? "it has only " : ", ")
        .append("\"" + printable(value, 100) + "\"");
  }
  return text.empty() ? "it has no TXT record of that name" : text;
}

bool shows(const TxtAnswer& answer, const DnsRecord& record) {
  return answer.status == TxtAnswer::Status::kAnswered &&
         std::find(answer.values.begin(), answer.values.end(), record.value) !=
             answer.values.end();
}

class PropagationWait {
 public:
  PropagationWait(const DnsPropagation& propagation, std::stop_token stop)
      : lookup_(propagation.lookup),
        clock_(propagation.clock),
        log_(propagation.log),
        longest_wait_(propagation.longest_wait),
        deadline_(clock_.steady_now() + propagation.longest_wait),
        stop_(std::move(stop)) {}

  void wait_for(const DnsRecord& record) {
    std::vector<Observation> servers;
    for (NameServer& server : servers_of(record)) {
      servers.push_back({std::move(server), {}});
    }
    milliseconds pause = kFirstPause;
    for (unsigned round = 1;; ++round) {
      look(record, servers);
      std::string missing = whose_is_missing(record, servers, round);
      if (missing.empty()) {
        return;
      }
      if (clock_.steady_now() >= deadline_) {
        throw Error(ErrorKind::kOurs,
                    "the DNS record for \"" + record.domain + "\" (TXT \"" +
                        record.fqdn + "\") has not appeared within " +
                        std::to_string(
                            std::chrono::ceil<seconds>(longest_wait_).count()) +
                        " s; the CA was not asked: " + missing)
            .with_names({record.domain});
      }
      wait(pause);
      pause = std::min(2 * pause, kLongestPause);
    }
  }

 private:
  struct Observation {
    NameServer server;
    TxtAnswer last;
    bool has_it = false;
  };

  // None when they cannot be found.
  std::vector<NameServer> servers_of(const DnsRecord& record) {
    try {
      const std::string zone = lookup_.zone_of(record.fqdn, stop_);
      if (!servers_.contains(zone)) {
        servers_[zone] = lookup_.authoritative_servers(zone, stop_);
      }
      return servers_[zone];
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::kStopped) {
        throw;
      }
      log_.info(std::string("the name servers for \"") + record.fqdn +
                "\" cannot be asked whether they have its TXT record: " +
                error.what());
      return {};
    }
  }

  void look(const DnsRecord& record, std::vector<Observation>& servers) {
    for (Observation& seen : servers) {
      if (!seen.has_it) {
        seen.last = lookup_.txt_at(seen.server, record.fqdn, stop_);
        seen.has_it = shows(seen.last, record);
      }
    }
  }

  // Empty when the CA may be asked; otherwise who lacks the record.
  std::string whose_is_missing(const DnsRecord& record,
                               const std::vector<Observation>& servers,
                               unsigned round) {
    std::string silent;
    bool some_have_it = false;
    for (const Observation& seen : servers) {
      some_have_it = some_have_it || seen.has_it;
      if (seen.has_it) {
        continue;
      }
      const std::string answer = "the name server \"" + seen.server.name +
                                 "\": " + describe(seen.last);
      if (seen.last.status != TxtAnswer::Status::kSilent) {
        return answer;
      }
      silent = answer;
    }
    if (silent.empty() && !servers.empty()) {
      return {};
    }
    if (!some_have_it) {
      return missing_at_the_resolver(record, silent);
    }
    if (round < kPatientRounds) {
      return silent;
    }
    log_.info("the CA is asked although a server could not be: " + silent);
    return {};
  }

  std::string missing_at_the_resolver(const DnsRecord& record,
                                      const std::string& silent) {
    const TxtAnswer answer = lookup_.txt(record.fqdn, stop_);
    if (!shows(answer, record)) {
      return silent + (silent.empty() ? "" : "; ") +
             "the resolver: " + describe(answer);
    }
    log_.info("no name server of \"" + record.fqdn +
              "\" can be asked; the resolver has its TXT record");
    wait(kSettling);
    return {};
  }

  void wait(milliseconds duration) {
    if (!clock_.sleep_for(duration, stop_)) {
      throw Error(ErrorKind::kStopped, "stopping");
    }
  }

  DnsLookup& lookup_;
  Clock& clock_;
  const EventLog& log_;
  const milliseconds longest_wait_;
  const SteadyPoint deadline_;
  const std::stop_token stop_;
  std::map<std::string, std::vector<NameServer>> servers_;  ///< by zone
};

}  // namespace

void wait_until_published(const DnsPropagation& propagation,
                          std::span<const DnsRecord> records,
                          std::stop_token stop) {
  if (propagation.longest_wait <= milliseconds::zero()) {
    return;
  }
  PropagationWait wait(propagation, std::move(stop));
  for (const DnsRecord& record : records) {
    wait.wait_for(record);
  }
}

}  // namespace acme
