// SPDX-License-Identifier: BSD-2-Clause
// One order, carried out. What came of it is reported in order_outcome.cpp.
#include "acme_core/engine/order_run.h"

#include <optional>
#include <utility>

#include "acme_core/engine/challenge_choice.h"
#include "acme_core/engine/challenge_solvers.h"
#include "acme_core/engine/order_answers_record.h"
#include "acme_core/engine/order_flow.h"
#include "acme_core/engine/renewal.h"

namespace acme {
OrderRun::OrderRun(const EngineParts& parts, const Task& task)
    : parts_(parts),
      index_(task.certificate),
      issuer_(task.issuer),
      session_(*parts.sessions[issuer_]),
      home_(parts.sessions[spec().issuer()]->gate()),
      log_(parts.keeper.log_of(index_, issuer_)),
      orders_(session_.gate(), task),
      verdicts_(spec().identifiers) {}

void OrderRun::run(const std::stop_token& stop) {
  try {
    succeeded(obtain_as_member(stop), stop);
  } catch (const Error& error) {
    ended(error);
  } catch (const std::exception& error) {
    failed(Error(ErrorKind::kOurs, error.what()));
  }
  tell_outcome();
}

void OrderRun::is_at(std::string_view step, const std::string& url) {
  order_url_ = url;
  parts_.notes.order_is_at(index_, session_.spec().name, step, url);
}

void OrderRun::was_proved(ChallengeType type, bool is_valid) {
  parts_.environment.monitor.add(
      Count::kChallenges, {to_string(type), is_valid ? "valid" : "invalid"}, 1);
}

// A CA may lose an account (RFC 8555 section 7.3) or close it, and so may a
// disk its URL: the same key registers again, or finds its account, once.
OrderRun::Outcome OrderRun::obtain_as_member(const std::stop_token& stop) {
  try {
    set_up(stop);
    return obtain(stop);
  } catch (const Error& error) {
    if (!session_.account().is_lost(error, account_url_, stop)) {
      throw;
    }
    if (session_.account().forget(account_url_)) {
      session_.log().warn(std::string(error.what()) +
                          "; looking for the account by its key");
    }
  }
  set_up(stop);
  return obtain(stop);
}

// What fails here is the whole issuer's trouble.
void OrderRun::set_up(const std::stop_token& stop) {
  is_set_up_ = false;
  home_.require_writable();
  session_.gate().require_writable();
  account_url_ = session_.account().client().account_url();
  account_url_ = session_.account().ensure(stop).account_url();
  is_set_up_ = true;
}

OrderRun::Outcome OrderRun::obtain(const std::stop_token& stop) {
  session_.publish_thumbprint();
  const Task& task = orders_.task();
  const IssuerSpec& issuer = session_.spec();
  const std::optional<StoredCertificate> current = parts_.keeper.served(index_);
  const CertificateRecord record = parts_.keeper.load_record(index_);
  const CertificateSpec wanted =
      task.is_partial ? parts_.keeper.wanted(index_) : spec();
  Client& client = session_.account().client();
  const Directory directory = client.directory(stop);
  session_.account().note_parties(directory);
  const bool has_renewal_info = !directory.renewal_info.empty();
  std::string replaces;
  // What helps out is replaced for the one it was issued for (RFC 9773 section
  // 5: once), and that is not this one.
  if (current && has_renewal_info && record.taken_from.empty() &&
      current->chain.not_after() > parts_.environment.clock.now() &&
      parts_.keeper.judge(index_, *current, record).issued_by == issuer_) {
    replaces = current->chain.renewal_id().value_or("");
  }
  const bool keeps_key =
      current && !task.is_revoked && current->key.type() == spec().key_type;
  OrderAnswersRecord answers(session_.store(), spec().storage_name(), log_);
  ChallengeSolvers solvers(issuer, parts_.environment.responders,
                           parts_.name_locks, session_.dns().solvers(),
                           &answers);
  ChallengeChoice choice(issuer, wanted, parts_.plan.listeners, solvers,
                         proved_by_of(record, issuer.name));
  StoredCertificate certificate = obtain_certificate(
      {.issuer = issuer,
       .client = client,
       .store = session_.store(),
       .clock = parts_.environment.clock,
       .log = log_,
       .wish = {.plan = parts_.plan,
                .certificate = index_,
                .spec = wanted,
                .current = keeps_key ? &*current : nullptr,
                .replaces = std::move(replaces)},
       .proofs = {.solvers = solvers,
                  .choice = choice,
                  .verdicts = verdicts_,
                  .self_check =
                      issuer.self_check ? &parts_.self_check : nullptr},
       .permit = orders_,
       .progress = *this},
      stop);
  const TimePoint renew_at =
      renewal_time(validity_of(certificate.chain), parts_.environment.random);
  Outcome outcome{.issued = {.certificate = std::move(certificate),
                             .proved_by = choice.memory(),
                             .order_url = order_url_,
                             .renew_at = renew_at,
                             .is_partial = task.is_partial},
                  .has_renewal_info = has_renewal_info,
                  .unsaved = std::nullopt};
  outcome.unsaved = parts_.keeper.save(index_, issuer_, outcome.issued);
  return outcome;
}

}  // namespace acme
