// SPDX-License-Identifier: BSD-2-Clause
// What needs a person.
#include "acme_core/status/attention.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <map>
#include <utility>

#include "acme_core/status/page_words.h"
#include "acme_core/status/selection.h"

namespace acme {
namespace {

constexpr unsigned kMostUrgent = 100;
constexpr unsigned kOfIssuer = 65;  // behind what visitors meet
constexpr std::int64_t kSkewOfConcern = 3600;

// "… is failing", by state.
constexpr std::array<std::pair<std::string_view, std::string_view>, 9>
    kPredicates = {{{"is served, but", "are served, but"},
                    {"is being renewed", "are being renewed"},
                    {"waits", "wait"},
                    {"is failing to renew", "are failing to renew"},
                    {"is about to expire", "are about to expire"},
                    {"has expired", "have expired"},
                    {"has no certificate", "have no certificate"},
                    {"is a file that needs you", "are files that need you"},
                    {"is used by nobody", "are used by nobody"}}};

std::string title_of(const Matter& matter) {
  const auto& [one, more] = kPredicates[static_cast<std::size_t>(matter.state)];
  const bool is_one = matter.count == 1;
  if (matter.state == CertificateState::kValid) {
    return is_one ? matter.certificates.front()->name + " is incomplete"
                  : counted(matter.count, "certificate", "certificates") +
                        " are incomplete";
  }
  if (is_one) {
    return matter.certificates.front()->name + " " + std::string(one);
  }
  return counted(matter.count, "", "") +
         (matter.state == CertificateState::kFallback ? "sites "
                                                      : "certificates ") +
         std::string(more);
}

void add_certificates(std::vector<Matter>& matters,
                      const StatusSnapshot& snapshot) {
  std::map<std::pair<CertificateState, std::string_view>, Matter> groups;
  for (const CertificateStatus& certificate : snapshot.certificates) {
    if (certificate.cure.empty()) {
      continue;
    }
    Matter& matter = groups[{certificate.state, certificate.cure}];
    if (matter.count++ == 0) {
      matter.urgency = 10 * urgency(certificate.state);
      matter.reason = certificate.reason;
      matter.cure = certificate.cure;
      matter.state = certificate.state;
    }
    if (matter.certificates.size() < kMostNamed) {
      matter.certificates.push_back(&certificate);
    }
  }
  for (auto& [key, matter] : groups) {
    matter.title = title_of(matter);
    matters.push_back(std::move(matter));
  }
}

void add(std::vector<Matter>& matters, unsigned urgency, std::string title,
         std::string reason, std::string cure) {
  Matter matter;
  matter.urgency = urgency;
  matter.title = std::move(title);
  matter.reason = std::move(reason);
  matter.cure = std::move(cure);
  matters.push_back(std::move(matter));
}

void add_issuer(std::vector<Matter>& matters, const IssuerStatus& issuer) {
  const IssuerNote& note = issuer.note;
  if (!note.is_state_writable) {
    add(matters, kOfIssuer + 2,
        "The state directory of " + issuer.name + " takes no writes",
        "Nothing is ordered as long as it could not be kept: " +
            issuer.state_path,
        "Look at its owner and mode, and at the space on its disk.");
  }
  if (!note.is_reachable) {
    add(matters, kOfIssuer, "Issuer " + issuer.name + " gives no answer",
        note.last_error,
        "See whether this machine reaches " + issuer.directory_url +
            "; an issuer behind it in acme_certificate is asked meanwhile.");
  }
  if (note.is_paused_by_operator) {
    add(matters, kOfIssuer - 1, "Issuer " + issuer.name + " is paused",
        "An operator has paused it: nothing is asked of it.",
        "Resume it when that is over.");
  }
}

void add_process(std::vector<Matter>& matters, const ProcessStatus& process) {
  if (!process.is_helper_alive) {
    add(matters, kMostUrgent, "The helper process does not run",
        "Certificates are served, and none is renewed.",
        "nginx starts it again by itself; if it does not come back, see "
        "nginx's error log, then reload nginx.");
  }
  const auto& skew = process.helper.clock_skew_seconds;
  if (skew && std::abs(*skew) >= kSkewOfConcern) {
    add(matters, kMostUrgent - 1,
        "The clock of this machine is off by " +
            in_words(std::chrono::seconds(std::abs(*skew))),
        "Certificates are renewed by that clock.",
        "Set it, and have it kept by NTP.");
  }
}

}  // namespace

std::vector<Matter> what_needs_a_person(const StatusSnapshot& snapshot) {
  std::vector<Matter> matters;
  add_process(matters, snapshot.process);
  for (const IssuerStatus& issuer : snapshot.issuers) {
    add_issuer(matters, issuer);
  }
  add_certificates(matters, snapshot);
  std::stable_sort(
      matters.begin(), matters.end(),
      [](const Matter& a, const Matter& b) { return a.urgency > b.urgency; });
  return matters;
}

}  // namespace acme
