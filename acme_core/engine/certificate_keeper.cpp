// SPDX-License-Identifier: BSD-2-Clause
// Certificates between disk, memory and CA.
#include "acme_core/engine/certificate_keeper.h"

#include <algorithm>
#include <utility>

#include "acme_core/engine/tried_with.h"

namespace acme {

CertificateKeeper::CertificateKeeper(const Plan& plan,
                                     EngineEnvironment& environment,
                                     const IssuerSessions& sessions,
                                     StapleKeeper& staples,
                                     CertificateNotes& notes,
                                     PendingRevocations& revocations)
    : plan_(plan),
      environment_(environment),
      sessions_(sessions),
      staples_(staples),
      notes_(notes),
      revocations_(revocations),
      terms_(order_terms(plan)),
      distinctions_(plan.distinctions()),
      stand_ins_(plan, environment, sessions),
      faults_(plan.certificates.size()),
      followed_(plan.certificates.size()) {
  for (const CertificateSpec& spec : plan.certificates) {
    storage_names_.push_back(spec.storage_name());
  }
}

void CertificateKeeper::note_issuer(CertificateRecord& record,
                                    std::size_t issuer) const {
  record.issuer = plan_.issuers[issuer].name;
  record.ordered_with = terms_[issuer];
  record.taken_from.clear();
}

bool CertificateKeeper::same_chain(const StoredCertificate& a,
                                   const StoredCertificate& b) {
  return a.chain.der() == b.chain.der();
}

std::optional<Error> CertificateKeeper::save(std::size_t index,
                                             std::size_t issuer,
                                             const Issued& issued) {
  std::optional<Error> unsaved = store_and_serve(index, issuer, issued);
  if (!issued.is_partial) {
    if (!faults_[index].left_out.empty()) {
      log_of(index, issuer)
          .notice("no name is left out any more: it covers " +
                  describe({}, faults_[index].left_out_names()) + " again");
    }
    faults_[index] = {};
  }
  return unsaved;
}

// A full disk must not keep a certificate from its users: it is served all the
// same. When it cannot be served either, the order that is still remembered
// brings it again. The pair before is kept until the new one is served.
std::optional<Error> CertificateKeeper::store_and_serve(std::size_t index,
                                                        std::size_t issuer,
                                                        const Issued& issued) {
  const StoredCertificate& certificate = issued.certificate;
  const std::string& name = storage_names_[index];
  Store& store = home(index).store();
  std::optional<Error> unsaved;
  try {
    CertificateRecord record = store.load_record(name);
    note_issuer(record, issuer);
    record.order_url = issued.order_url;
    record.window.reset();
    record.waiting.reset();
    if (issued.is_partial) {
      record.left_out = faults_[index].left_out;
      record.at_fault = faults_[index].at_fault;
    } else {
      record.backoffs.erase(record.issuer);
      record.left_out.clear();
      record.at_fault.clear();
    }
    note_proved_by(record, issued.proved_by);
    record.next_action = "renew";
    record.next_action_at = issued.renew_at;
    record.add({.at = environment_.clock.now(),
                .issuer = record.issuer,
                .succeeded = true,
                .message = "issued, serial " + certificate.chain.serial()});
    notes_.has_record(index, record);
    store.save_certificate(name, record, certificate);
  } catch (const Error& error) {
    unsaved = error;
  }
  notes_.is_saved(index, !unsaved);
  serve(index, certificate);
  if (unsaved) {
    const auto in_use = served(index);
    if (!in_use || !same_chain(*in_use, certificate)) {
      throw *unsaved;
    }
    return unsaved;
  }
  try {
    store.remove_previous(name);
    sessions_[issuer]->store().remove_order(name);
    forget_orders_elsewhere(index, issuer);
  } catch (const Error& error) {
    unsaved = error;  // saving it again removes them
  }
  return unsaved;
}

// What an issuer did not finish in time expires there. As the next renewal
// resumed it, it might bring a certificate that is old by then.
void CertificateKeeper::forget_orders_elsewhere(std::size_t index,
                                                std::size_t issuer) {
  for (const std::size_t other : spec(index).issuers) {
    if (other != issuer && sessions_[other]->gate().is_acquired()) {
      sessions_[other]->store().remove_order(storage_names_[index]);
    }
  }
}

void CertificateKeeper::note_failure(
    std::size_t index, std::size_t issuer, const Error& error,
    const FailureOutcome& outcome,
    const std::map<std::size_t, Backoff>& backoffs) {
  note(index, [&](CertificateRecord& record) {
    record.add({.at = environment_.clock.now(),
                .issuer = plan_.issuers[issuer].name,
                .succeeded = false,
                .message = error.what()});
    record.waiting.reset();
    // What was wrong on our side may be mended when the next process starts.
    if (error.kind() != ErrorKind::kOurs) {
      record.backoffs.clear();
      for (const auto& [id, backoff] : backoffs) {
        record.backoffs.emplace(plan_.issuers[id].name, backoff);
      }
    }
    record.failed_with = tried_with(plan_, spec(index));
    record.left_out = faults_[index].left_out;
    record.at_fault = faults_[index].at_fault;
    record.next_action = "retry";
    record.next_action_at = outcome.next_try;
  });
}

void CertificateKeeper::note_waiting(std::size_t index,
                                     const std::optional<Waiting>& waiting) {
  note(index, [&](CertificateRecord& record) {
    record.waiting = waiting;
    if (waiting) {
      record.next_action = "wait";
      record.next_action_at.reset();
    }
  });
}

std::optional<std::string> CertificateKeeper::last_failure(std::size_t index) {
  const CertificateRecord record = load_record(index);
  const Attempt* last = record.last_error();
  return last == nullptr ? std::nullopt
                         : std::optional("the last try, " + rfc3339(last->at) +
                                         " at issuer \"" + last->issuer +
                                         "\", failed: " + last->message);
}

LeftOutDecision CertificateKeeper::learn(std::size_t index,
                                         const NameVerdicts& verdicts) {
  return acme::learn(faults_[index], spec(index), verdicts);
}

// Of another configuration only what this one would do as well.
void CertificateKeeper::load_faults(std::size_t index,
                                    const CertificateRecord& record) {
  NameFaults& faults = faults_[index];
  faults.left_out = record.left_out;
  faults.at_fault = record.at_fault;
  std::erase_if(faults.left_out, [&](const auto& entry) {
    const auto has = [&](const std::vector<Identifier>& names) {
      return std::any_of(
          names.begin(), names.end(),
          [&](const Identifier& name) { return name.value == entry.first; });
    };
    return !has(spec(index).partial ? spec(index).identifiers
                                    : spec(index).implied);
  });
  if (faults.left_out.size() >= spec(index).identifiers.size()) {
    faults = {};
  }
}

void CertificateKeeper::note_next_try(std::size_t index, TimePoint at) {
  note(index, [&](CertificateRecord& record) {
    record.next_action = "retry";
    record.next_action_at = at;
  });
}

void CertificateKeeper::note_window(std::size_t index,
                                    const std::optional<RenewalWindow>& window,
                                    TimePoint renew_at) {
  note(index, [&](CertificateRecord& record) {
    record.window = window;
    record.next_action = "renew";
    record.next_action_at = renew_at;
  });
}

void CertificateKeeper::note(
    std::size_t index, const std::function<void(CertificateRecord&)>& change) {
  try {
    change_record(index, change);
  } catch (const Error& error) {
    log_of(index, spec(index).issuer()).warn(error.what());
  }
}

void CertificateKeeper::change_record(
    std::size_t index, const std::function<void(CertificateRecord&)>& change) {
  CertificateRecord changed;
  home(index).store().change_record(storage_names_[index],
                                    [&](CertificateRecord& record) {
                                      change(record);
                                      changed = record;
                                    });
  notes_.has_record(index, changed);
  notes_.publish(index);
}

EventLog CertificateKeeper::log_of(std::size_t index,
                                   std::size_t issuer) const {
  return sessions_[issuer]->log().for_certificate(spec(index).name(),
                                                  distinctions_[index]);
}

std::optional<std::size_t> CertificateKeeper::issuer_named(
    const std::string& name) const {
  const auto found = std::find_if(
      plan_.issuers.begin(), plan_.issuers.end(),
      [&](const IssuerSpec& issuer) { return issuer.name == name; });
  return found == plan_.issuers.end() ? std::nullopt
                                      : std::optional(static_cast<std::size_t>(
                                            found - plan_.issuers.begin()));
}

}  // namespace acme
