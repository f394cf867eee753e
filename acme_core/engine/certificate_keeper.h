// SPDX-License-Identifier: BSD-2-Clause
// Certificates between disk and memory: what is stored, what is served, and
// what is written down about them.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "acme_core/engine/certificate_notes.h"
#include "acme_core/engine/challenge_choice.h"
#include "acme_core/engine/engine_environment.h"
#include "acme_core/engine/issuer_session.h"
#include "acme_core/engine/left_out.h"
#include "acme_core/engine/name_verdicts.h"
#include "acme_core/engine/pending_revocations.h"
#include "acme_core/engine/plan.h"
#include "acme_core/engine/scheduler.h"
#include "acme_core/engine/stand_ins.h"
#include "acme_core/engine/staple_keeper.h"
#include "acme_core/engine/verdict.h"

namespace acme {

/// What an order has brought.
struct Issued {
  StoredCertificate certificate;
  ProvedBy proved_by;       ///< what the next order should begin with
  std::string order_url;    ///< of the order that gave it
  TimePoint renew_at;       ///< by renewal_time()
  bool is_partial = false;  ///< without the names that are left out
};

/// Thread-safe as long as one thread at a time works on one certificate.
class CertificateKeeper {
 public:
  /// All outlive the keeper. `staples` is told of every pair that is served
  /// from now on.
  CertificateKeeper(const Plan& plan, EngineEnvironment& environment,
                    const IssuerSessions& sessions, StapleKeeper& staples,
                    CertificateNotes& notes, PendingRevocations& revocations);

  /// Brings what is stored and what is served together: after a crash, a full
  /// disk or a lost directory either may be missing or older. Never throws for
  /// what it finds: bad files are set aside, and a new certificate is ordered.
  [[nodiscard]] LoadedState load(std::size_t index);

  /// Serves what another process, which owns the state directory, has stored
  /// since the last call.
  void follow(std::size_t index);

  /// What keeps the names of state files in use: of the certificates that the
  /// issuer's directory keeps, and of those that stand in for others.
  [[nodiscard]] std::set<std::string> mentioned(std::size_t issuer);

  /// What a failed run means for the next: see left_out.h.
  [[nodiscard]] LeftOutDecision learn(std::size_t index,
                                      const NameVerdicts& verdicts);
  /// Names that are left out, and why.
  [[nodiscard]] const std::map<std::string, std::string>& left_out(
      std::size_t index) const {
    return faults_[index].left_out;
  }

  /// The certificate without the names that are left out.
  [[nodiscard]] CertificateSpec wanted(std::size_t index) const;

  /// What is served. A dry run serves nothing, and what is served is not its
  /// own.
  [[nodiscard]] std::optional<StoredCertificate> served(
      std::size_t index) const;
  /// What is written down of it; empty when that cannot be read.
  [[nodiscard]] CertificateRecord load_record(std::size_t index);
  /// How it compares with what is wanted.
  [[nodiscard]] Verdict judge(std::size_t index,
                              const StoredCertificate& certificate,
                              const CertificateRecord& record) const;

  /// Stores and serves what the issuer has issued. A disk that does not take it
  /// is no failure: it is served, and why it is not stored is returned, see
  /// save_again(). Throws Error when it is neither; then what was served stays.
  [[nodiscard]] std::optional<Error> save(std::size_t index, std::size_t issuer,
                                          const Issued& issued);

  /// Stores what is served when the state directory lacks it: after a full
  /// disk, or in a directory that is new. Throws Error(kOurs).
  void save_again(std::size_t index, std::optional<std::size_t> issued_by,
                  TimePoint renew_at);

  // What is written down for people and for the next process. A disk that does
  // not take it is no reason to stop.

  void note_failure(std::size_t index, std::size_t issuer, const Error& error,
                    const FailureOutcome& outcome,
                    const std::map<std::size_t, Backoff>& backoffs);
  /// What the certificate waits for, or no longer.
  void note_waiting(std::size_t index, const std::optional<Waiting>& waiting);
  /// That the order goes on at that time.
  void note_next_try(std::size_t index, TimePoint at);
  void note_window(std::size_t index,
                   const std::optional<RenewalWindow>& window,
                   TimePoint renew_at);

  /// Changes what is written down. Throws Error when the disk does not take it.
  void change_record(std::size_t index,
                     const std::function<void(CertificateRecord&)>& change);

  /// When and why the last try failed, unless one succeeded since.
  [[nodiscard]] std::optional<std::string> last_failure(std::size_t index);

  /// What lines about several certificates call this one.
  [[nodiscard]] std::string quoted(std::size_t index) const {
    return acme::quoted(spec(index), distinctions_[index]);
  }
  [[nodiscard]] EventLog log_of(std::size_t index, std::size_t issuer) const;

 private:
  [[nodiscard]] const CertificateSpec& spec(std::size_t index) const {
    return plan_.certificates[index];
  }
  [[nodiscard]] IssuerSession& home(std::size_t index) const {
    return *sessions_[spec(index).issuer()];
  }
  void note_issuer(CertificateRecord& record, std::size_t issuer) const;
  [[nodiscard]] static bool same_chain(const StoredCertificate& a,
                                       const StoredCertificate& b);
  void take_over_former_name(std::size_t index);
  [[nodiscard]] bool is_better(std::size_t index,
                               const StoredCertificate& in_use,
                               const StoredCertificate& stored,
                               bool is_stand_in) const;
  void forget_finished_order(std::size_t index, const CertificateRecord& record,
                             const StoredCertificate& certificate);
  void tell_outdated(std::size_t index, const StoredCertificate& certificate,
                     const Verdict& verdict);
  void note_wish(std::size_t index, CertificateRecord& record,
                 const Verdict& verdict);
  /// Writes down what is not known of the pair, as if it were as it is wished.
  [[nodiscard]] bool complete(CertificateRecord& record,
                              const Verdict& verdict) const;
  /// From now on. A dry run serves nothing.
  void serve(std::size_t index, const StoredCertificate& certificate);
  /// What is in service afterwards. `unsaved` is set when the disk does not
  /// take it.
  [[nodiscard]] std::optional<StoredCertificate> reconcile(
      std::size_t index, CertificateRecord& record,
      std::optional<Error>& unsaved);
  [[nodiscard]] std::optional<Error> store_and_serve(std::size_t index,
                                                     std::size_t issuer,
                                                     const Issued& issued);
  void load_faults(std::size_t index, const CertificateRecord& record);
  /// Of the other issuers: only one certificate is needed.
  void forget_orders_elsewhere(std::size_t index, std::size_t issuer);
  void note(std::size_t index,
            const std::function<void(CertificateRecord&)>& change);
  [[nodiscard]] std::optional<std::size_t> issuer_named(
      const std::string& name) const;

  const Plan& plan_;
  EngineEnvironment& environment_;
  const IssuerSessions& sessions_;
  StapleKeeper& staples_;
  CertificateNotes& notes_;  ///< told of every record that is written
  PendingRevocations& revocations_;
  const std::vector<OrderTerms> terms_;  ///< of the plan's issuers
  const std::vector<std::string> distinctions_;
  StandIns stand_ins_;
  std::atomic<unsigned> told_outdated_ = 0;
  std::vector<std::string> storage_names_;
  std::vector<NameFaults> faults_;                 ///< by index
  std::vector<std::optional<Revision>> followed_;  ///< by index
  std::mutex helping_mutex_;                       ///< guards what follows
  std::map<std::size_t, std::string> helping_;  ///< stand-ins' files, by index
};

}  // namespace acme
