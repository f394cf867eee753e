// SPDX-License-Identifier: BSD-2-Clause
// One order, from the task to its outcome.
#pragma once

#include <cstddef>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/engine/engine_parts.h"
#include "acme_core/engine/failure.h"
#include "acme_core/engine/name_verdicts.h"
#include "acme_core/engine/order_permit.h"
#include "acme_core/engine/order_progress.h"
#include "acme_core/engine/scheduler.h"
#include "acme_core/error.h"

namespace acme {

/// Made for one task, and used by one thread.
class OrderRun final : private OrderProgress {
 public:
  /// `parts` outlives the run.
  OrderRun(const EngineParts& parts, const Task& task);

  /// Makes sure of state directory and account, obtains the certificate, has it
  /// stored and served, and reports what came of it: to the queue, the log, and
  /// the certificate's document.
  void run(const std::stop_token& stop);

 private:
  /// A certificate that has been issued, stored and served.
  struct Outcome {
    Issued issued;
    bool has_renewal_info = false;  ///< the CA can be asked when to renew it
    /// Why it is not stored although it is served.
    std::optional<Error> unsaved;
  };

  void is_at(std::string_view step, const std::string& url) override;
  void was_proved(ChallengeType type, bool is_valid) override;

  [[nodiscard]] Outcome obtain_as_member(const std::stop_token& stop);
  void set_up(const std::stop_token& stop);
  [[nodiscard]] Outcome obtain(const std::stop_token& stop);
  [[nodiscard]] Failure meaning_of(const Error& error);

  void succeeded(const Outcome& outcome, const std::stop_token& stop);
  /// Then tells that the order has ended, which is `issued` in words.
  void revoke_replaced_one(const std::string& issued,
                           const std::stop_token& stop);
  void ended(const Error& error);
  void failed(const Error& error);
  void tell_failure(const Error& error, const FailureOutcome& outcome,
                    const LeftOutDecision& decision, TimePoint expires);
  void unfinished(const Error& error);
  void stopped();
  /// What the certificate is like now that the order is over.
  void tell_outcome();
  void count(std::string_view result, std::string_view reason);

  [[nodiscard]] const CertificateSpec& spec() const {
    return parts_.plan.certificates[index_];
  }

  const EngineParts& parts_;
  const std::size_t index_;   ///< of the certificate
  const std::size_t issuer_;  ///< that is asked
  IssuerSession& session_;    ///< its own
  IssuerGate& home_;          ///< of whoever keeps the certificate
  const EventLog log_;
  CountedOrders orders_;
  NameVerdicts verdicts_;
  std::string account_url_;  ///< by which the order is opened
  std::string order_url_;    ///< once the CA has opened it
  bool is_set_up_ = false;   ///< state directory and account are fit for orders
};

}  // namespace acme
