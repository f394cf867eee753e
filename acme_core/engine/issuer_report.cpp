// SPDX-License-Identifier: BSD-2-Clause
// What is known of one issuer.
#include "acme_core/engine/issuer_report.h"

#include <chrono>
#include <set>
#include <utility>

namespace acme {

void IssuerReport::look_for_orphans() {
  if (!parts_.environment.monitor.is_watched()) {
    return;
  }
  std::vector<OrphanNote> found;
  try {
    Store& store = parts_.sessions[issuer_]->reader();
    const std::set<std::string> mentioned = parts_.keeper.mentioned(issuer_);
    for (const std::string& name : store.certificate_names()) {
      const auto document = mentioned.contains(name)
                                ? std::nullopt
                                : store.describe_certificate(name);
      if (document && !document->facts.serial.empty()) {
        found.push_back({.storage_name = name,
                         .identifiers = document->facts.identifiers,
                         .serial = document->facts.serial,
                         .not_before = document->facts.not_before,
                         .not_after = document->facts.not_after,
                         .unused_since = document->record.unused_since});
      }
    }
  } catch (const Error& error) {
    parts_.sessions[issuer_]->log().debug(error.what());
  }
  const std::lock_guard lock(mutex_);
  orphans_ = std::move(found);
}

void IssuerReport::publish() {
  if (!parts_.environment.monitor.is_watched()) {
    return;
  }
  const std::lock_guard lock(mutex_);
  parts_.environment.monitor.note(issuer_, note());
}

// Call with mutex_ held.
IssuerNote IssuerReport::note() const {
  IssuerSession& session = *parts_.sessions[issuer_];
  IssuerNote note;
  note.contacts = session.spec().contacts;
  note.has_lease = session.gate().is_acquired();
  note.orphans = orphans_;
  try {
    const Client& client = session.account().client();
    note.account_url = client.account_url();
    if (const auto directory = client.known_directory()) {
      note.terms_of_service = directory->terms_of_service;
    }
  } catch (const Error& error) {  // no key can be had
    note.last_error = error.what();
  }
  const Contact contact = session.contact();
  note.is_reachable = contact.is_reachable;
  note.last_answer_at = contact.last_answer_at;
  if (!contact.last_problem.empty()) {
    note.last_error = contact.last_problem;
  }
  parts_.queue.use([&](Scheduler& scheduler, TimePoint now) {
    const IssuerOutlook outlook = scheduler.issuer_outlook(issuer_, now);
    note.paused_until = outlook.paused_until;
    note.paused_why = outlook.paused_why;
    note.is_paused_by_operator = outlook.is_paused_by_operator;
    note.is_state_writable = !outlook.is_blocked;
    for (const LimitUse& use : scheduler.budget(issuer_).uses(now)) {
      note.limits.push_back(
          {.name = use.what,
           .limit = use.limit.count,
           .used = use.used,
           .period_seconds =
               std::chrono::floor<std::chrono::seconds>(use.limit.window)
                   .count()});
    }
  });
  return note;
}

}  // namespace acme
