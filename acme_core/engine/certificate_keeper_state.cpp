// SPDX-License-Identifier: BSD-2-Clause
// What is stored and what is served, brought together. The configuration is a
// wish: until it is fulfilled, the best of what there is stays in service.
#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "acme_core/crypto/base64url.h"
#include "acme_core/engine/certificate_keeper.h"
#include "acme_core/engine/renewal.h"
#include "acme_core/engine/tried_with.h"
#include "acme_core/listed.h"
#include "acme_core/storage/fitness.h"

namespace acme {
namespace {

// In a line about a certificate.
constexpr std::size_t kMostNames = 5;

}  // namespace

LoadedState CertificateKeeper::load(std::size_t index) {
  const TimePoint now = environment_.clock.now();
  LoadedState state;
  try {
    take_over_former_name(index);
    CertificateRecord record = load_record(index);
    load_faults(index, record);
    std::optional<Error> unsaved;
    const auto certificate = reconcile(index, record, unsaved);
    state.is_unsaved = unsaved.has_value();
    notes_.has_record(index, record);
    notes_.is_saved(index, !state.is_unsaved);
    // Who changed what was tried may have mended it. Whoever restarts without
    // that must not burn the CA's patience.
    const bool is_mended = !record.failed_with.empty() &&
                           record.failed_with != tried_with(plan_, spec(index));
    for (const auto& [name, backoff] : record.backoffs) {
      const auto issuer = is_mended ? std::nullopt : issuer_named(name);
      // A time that no delay reaches was written under a wrong clock.
      if (!issuer || backoff.retry_at > now + std::chrono::hours(27)) {
        continue;
      }
      state.backoffs.emplace(*issuer, backoff);
    }
    if (record.revoke) {
      revocations_.add(index);
    }
    if (certificate) {
      forget_finished_order(index, record, *certificate);
      state.is_revoked = record.revoke &&
                         record.revoke->certificate ==
                             base64url_encode(certificate->chain.der().front());
      const Verdict verdict = judge(index, *certificate, record);
      state.validity = validity_of(certificate->chain);
      state.issued_by = verdict.issued_by;
      state.is_stand_in = !record.taken_from.empty();
      state.window = state.issued_by ? record.window : std::nullopt;
      state.is_partial =
          verdict.uncovered.empty() &&
          !uncovered(spec(index).identifiers, names_of(certificate->chain))
               .empty();
      if (!verdict.why_outdated.empty()) {
        state.wish = verdict.uncovered.empty() ? LoadedState::Wish::kOther
                                               : LoadedState::Wish::kMoreNames;
        tell_outdated(index, *certificate, verdict);
      }
      note_wish(index, record, verdict);
    }
  } catch (const Error& error) {
    log_of(index, spec(index).issuer()).error(error.what());
  }
  return state;
}

// A process that was killed between the last steps of an order has left it
// there: the next renewal would begin with it. When it was killed before the
// metadata was written, the key tells, unless orders share one.
void CertificateKeeper::forget_finished_order(
    std::size_t index, const CertificateRecord& record,
    const StoredCertificate& certificate) {
  for (const std::size_t issuer : spec(index).issuers) {
    if (!sessions_[issuer]->gate().is_acquired()) {
      continue;
    }
    Store& store = sessions_[issuer]->store();
    const Loaded<StoredOrder> order = store.load_order(storage_names_[index]);
    if (!order.problem.empty()) {
      log_of(index, issuer).warn(order.problem);
    }
    if (!order.value) {
      continue;
    }
    const bool is_known_to_be_over =
        !record.order_url.empty() && order.value->order_url == record.order_url;
    const bool has_its_key =
        !plan_.issuers[issuer].reuse_key &&
        order.value->key.thumbprint() == certificate.key.thumbprint();
    if (is_known_to_be_over || has_its_key) {
      store.remove_order(storage_names_[index]);
    }
  }
}

// Ten thousand certificates of another CA are no ten thousand notices.
void CertificateKeeper::tell_outdated(std::size_t index,
                                      const StoredCertificate& certificate,
                                      const Verdict& verdict) {
  constexpr unsigned kMostNotices = 20;
  const unsigned told = told_outdated_++;
  const CertificateChain& chain = certificate.chain;
  log_of(index, spec(index).issuer())
      .write(told < kMostNotices ? LogLevel::kNotice : LogLevel::kInfo,
             "the certificate for " + listed(names_of(chain), kMostNames) +
                 ", serial " + chain.serial() + ", valid until " +
                 rfc3339(chain.not_after()) + ", " + verdict.why_outdated +
                 "; it is served until there is another one, which is to be "
                 "ordered" +
                 (told + 1 == kMostNotices
                      ? "; more of the kind are told at level info"
                      : ""));
}

// What the document says of the wish, when it does not say it yet.
void CertificateKeeper::note_wish(std::size_t index, CertificateRecord& record,
                                  const Verdict& verdict) {
  const bool is_new = complete(record, verdict);
  const bool was_unused = record.unused_since.has_value();
  const bool is_to_be_ordered = !verdict.why_outdated.empty() &&
                                record.next_action != "order" &&
                                record.next_action != "retry";
  if (!is_new && !was_unused && !is_to_be_ordered) {
    return;
  }
  note(index, [&](CertificateRecord& stored) {
    stored.ordered_with = record.ordered_with;
    stored.unused_since.reset();
    if (is_to_be_ordered || was_unused) {
      stored.next_action = verdict.why_outdated.empty() ? "renew" : "order";
      stored.next_action_at = is_to_be_ordered
                                  ? std::optional(environment_.clock.now())
                                  : std::nullopt;
    }
  });
}

// By a version that wrote asterisks, or by the official module.
void CertificateKeeper::take_over_former_name(std::size_t index) {
  const std::string former = spec(index).former_storage_name();
  Store& store = home(index).store();
  if (former == storage_names_[index] || !store.certificate_revision(former)) {
    return;
  }
  store.rename_certificate(former, storage_names_[index]);
  log_of(index, spec(index).issuer())
      .notice("its files are called \"" + storage_names_[index] +
              "\" from now on, and no longer \"" + former + "\"");
}

Verdict CertificateKeeper::judge(std::size_t index,
                                 const StoredCertificate& certificate,
                                 const CertificateRecord& record) const {
  const std::string own = home(index).store().place() + "/";
  return acme::judge({.names = names_of(certificate.chain),
                      .key = std::string(to_string(certificate.key.type())),
                      .record = record,
                      .is_from_elsewhere = !record.taken_from.empty() &&
                                           !record.taken_from.starts_with(own)},
                     wanted(index), plan_, terms_);
}

CertificateSpec CertificateKeeper::wanted(std::size_t index) const {
  const NameFaults& faults = faults_[index];
  return faults.left_out.empty() ? spec(index)
                                 : spec(index).without(faults.left_out_names());
}

// Nobody's upgrade causes orders: what an earlier version did not note counts
// as wished.
bool CertificateKeeper::complete(CertificateRecord& record,
                                 const Verdict& verdict) const {
  if (!verdict.issued_by) {
    return false;
  }
  const std::size_t known = record.ordered_with.size();
  const OrderTerms& terms = terms_[*verdict.issued_by];
  record.ordered_with.insert(terms.begin(), terms.end());
  return record.ordered_with.size() != known;
}

// What cannot be read is no reason to order what is served.
CertificateRecord CertificateKeeper::load_record(std::size_t index) {
  try {
    return home(index).store().load_record(storage_names_[index]);
  } catch (const Error& error) {
    log_of(index, spec(index).issuer()).warn(error.what());
    return {};
  }
}

std::optional<StoredCertificate> CertificateKeeper::served(
    std::size_t index) const {
  return home(index).spec().dry_run ? std::nullopt
                                    : environment_.publisher.certificate(index);
}

void CertificateKeeper::serve(std::size_t index,
                              const StoredCertificate& certificate) {
  if (home(index).spec().dry_run) {
    return;
  }
  try {
    environment_.publisher.put_certificate(index, certificate);
    staples_.is_served(index);
  } catch (const Error& error) {
    // The one before is served on. Another order would not make room.
    log_of(index, spec(index).issuer()).error(error.what());
  }
}

// Whether what is served is to be stored in place of what is. What only helps
// out has to be of more use to visitors.
bool CertificateKeeper::is_better(std::size_t index,
                                  const StoredCertificate& in_use,
                                  const StoredCertificate& stored,
                                  bool is_stand_in) const {
  const TimePoint now = environment_.clock.now();
  const auto use_of = [&](const StoredCertificate& certificate) {
    return std::tuple(
        -static_cast<std::ptrdiff_t>(
            uncovered(spec(index).identifiers, names_of(certificate.chain))
                .size()),
        why_unfit(certificate, spec(index).identifiers, spec(index).key_type)
            .empty());
  };
  if (is_stand_in) {
    const bool is_alive = in_use.chain.not_after() > now;
    const bool is_stored_alive = stored.chain.not_after() > now;
    return is_alive != is_stored_alive ? is_alive
                                       : use_of(in_use) > use_of(stored);
  }
  return use_of(in_use) != use_of(stored)
             ? use_of(in_use) > use_of(stored)
             : in_use.chain.not_after() > stored.chain.not_after();
}

std::optional<StoredCertificate> CertificateKeeper::reconcile(
    std::size_t index, CertificateRecord& record,
    std::optional<Error>& unsaved) {
  const EventLog log = log_of(index, spec(index).issuer());
  Store& store = home(index).store();
  Loaded<StoredCertificate> stored =
      store.load_certificate(storage_names_[index]);
  if (!stored.problem.empty()) {
    log.warn(stored.problem);
  }
  if (stored.value) {
    const std::string why =
        why_unusable(*stored.value, spec(index).identifiers);
    if (!why.empty()) {
      log.warn("the stored certificate " + why +
               "; what is served is stored in its place, or else a new one is "
               "ordered");
      stored.value.reset();
    }
  }
  const bool is_dry_run = home(index).spec().dry_run.has_value();
  std::optional<StoredCertificate> in_use = served(index);
  if (in_use && !why_unusable(*in_use, spec(index).identifiers).empty()) {
    in_use.reset();
  }
  const TimePoint now = environment_.clock.now();
  const auto is_alive = [now](const std::optional<StoredCertificate>& pair) {
    return pair && pair->chain.not_after() > now;
  };
  bool is_stand_in = in_use && environment_.publisher.is_stand_in(index) &&
                     (!stored.value || !same_chain(*in_use, *stored.value));
  CertificateRecord origin;
  if (is_stand_in) {
    origin = stand_ins_.origin_of(in_use->chain);
  } else if (!is_alive(in_use) && !is_alive(stored.value) && !is_dry_run) {
    std::optional<StandIn> found = stand_ins_.find(index);
    if (found && ((!in_use && !stored.value) ||
                  found->certificate.chain.not_after() > now)) {
      is_stand_in = true;
      origin = std::move(found->record);
      in_use = std::move(found->certificate);
      serve(index, *in_use);
    }
  }
  if (in_use && (!stored.value ||
                 is_better(index, *in_use, *stored.value, is_stand_in))) {
    record.window.reset();  // it was the stored one's
    record.taken_from.clear();
    record.order_url.clear();
    if (is_stand_in) {
      record.issuer = std::move(origin.issuer);
      record.ordered_with = std::move(origin.ordered_with);
      record.window = origin.window;
      record.taken_from = std::move(origin.taken_from);
      static_cast<void>(complete(record, judge(index, *in_use, record)));
      const std::lock_guard lock(helping_mutex_);
      helping_[index] = record.taken_from;
    }
    try {
      store.save_certificate(storage_names_[index], record, *in_use);
      log.info("stored what is served, serial " + in_use->chain.serial());
    } catch (const Error& error) {
      unsaved = error;
    }
    return in_use;
  }
  if (stored.value && (!in_use || !same_chain(*in_use, *stored.value))) {
    serve(index, *stored.value);
  }
  try {
    store.remove_previous(storage_names_[index]);
    if (stored.value) {
      store.mark_verified(storage_names_[index], *stored.value);
    }
  } catch (const Error& error) {
    // It is stored, and good: the next start tries again.
    log.debug(error.what());
  }
  return std::move(stored.value);
}

void CertificateKeeper::save_again(std::size_t index,
                                   std::optional<std::size_t> issued_by,
                                   TimePoint renew_at) {
  const std::string& name = storage_names_[index];
  CertificateRecord record = home(index).store().load_record(name);
  if (issued_by) {
    note_issuer(record, *issued_by);
  }
  record.next_action = "renew";
  record.next_action_at = renew_at;
  std::optional<Error> unsaved;
  static_cast<void>(reconcile(index, record, unsaved));
  if (unsaved) {
    throw *unsaved;
  }
  // The disk may have taken the pair, and not its document.
  home(index).store().save_record(name, record);
  notes_.has_record(index, record);
  notes_.is_saved(index, true);
  if (issued_by) {
    sessions_[*issued_by]->store().remove_order(name);
  }
}

void CertificateKeeper::follow(std::size_t index) {
  Store& store = home(index).reader();
  std::string name = storage_names_[index];
  auto revision = store.certificate_revision(name);
  if (!revision) {
    name = spec(index).former_storage_name();
    revision = store.certificate_revision(name);
  }
  if (!revision || followed_[index] == *revision) {
    return;
  }
  const Loaded<StoredCertificate> stored = store.load_certificate(name);
  if (!stored.value ||
      !why_unusable(*stored.value, spec(index).identifiers).empty()) {
    return;  // its owner says what is wrong with it
  }
  const CertificateRecord record = store.load_record(name);
  load_faults(index, record);
  notes_.has_record(index, record);
  followed_[index] = *revision;
  const auto in_use = served(index);
  const auto missed = [&](const StoredCertificate& certificate) {
    return uncovered(spec(index).identifiers, names_of(certificate.chain))
        .size();
  };
  if (!in_use || (!same_chain(*in_use, *stored.value) &&
                  missed(*stored.value) <= missed(*in_use))) {
    serve(index, *stored.value);
    log_of(index, spec(index).issuer())
        .notice("serving serial " + stored.value->chain.serial() +
                ", which another process obtained");
  }
}

std::set<std::string> CertificateKeeper::mentioned(std::size_t issuer) {
  const std::string& directory = sessions_[issuer]->store().place();
  std::set<std::string> names;
  for (std::size_t i = 0; i < plan_.certificates.size(); ++i) {
    const IssuerSpec& own = home(i).spec();
    if (spec(i).issuer() == issuer ||
        (own.dry_run && own.dry_run->state_path == directory)) {
      names.insert(storage_names_[i]);
      names.insert(spec(i).former_storage_name());
    }
  }
  const std::lock_guard lock(helping_mutex_);
  for (const auto& [index, path] : helping_) {
    if (path.starts_with(directory + "/")) {
      names.insert(path.substr(directory.size() + 1));
    }
  }
  return names;
}

}  // namespace acme
