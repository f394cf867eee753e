// SPDX-License-Identifier: BSD-2-Clause
// What the engine knows of each certificate.
#include "acme_core/engine/certificate_notes.h"

namespace acme {

CertificateNotes::CertificateNotes(const Plan& plan, Monitor& monitor,
                                   TaskQueue& queue, Clock& clock)
    : monitor_(monitor), queue_(queue), clock_(clock) {
  if (monitor.is_watched()) {
    notes_.resize(plan.certificates.size());
    asked_by_.resize(plan.certificates.size());
  }
}

void CertificateNotes::has_record(std::size_t index,
                                  const CertificateRecord& record) {
  const std::lock_guard lock(mutex_);
  if (!notes_.empty()) {
    notes_[index].record = record;
    notes_[index].record.revoke.reset();  // a certificate, for us alone
  }
}

void CertificateNotes::is_saved(std::size_t index, bool is_saved) {
  const std::lock_guard lock(mutex_);
  if (!notes_.empty()) {
    notes_[index].is_saved = is_saved;
  }
}

void CertificateNotes::was_asked_for(std::size_t index,
                                     const std::string& who) {
  const std::lock_guard lock(mutex_);
  if (!asked_by_.empty()) {
    asked_by_[index] = who;
  }
}

void CertificateNotes::order_is_at(std::size_t index, const std::string& issuer,
                                   std::string_view step,
                                   const std::string& url) {
  {
    const std::lock_guard lock(mutex_);
    if (notes_.empty()) {
      return;
    }
    std::optional<OrderInFlight>& order = notes_[index].order;
    if (step.empty()) {
      order.reset();
    } else {
      if (!order) {
        order = OrderInFlight{
            .issuer = issuer, .url = {}, .step = {}, .since = clock_.now()};
      }
      order->step = step;
      order->url = url;
    }
  }
  publish(index);
}

void CertificateNotes::publish(std::size_t index) {
  if (!monitor_.is_watched()) {
    return;
  }
  const Outlook outlook =
      queue_.use([&](const Scheduler& scheduler, TimePoint now) {
        return scheduler.outlook(index, now);
      });
  const std::lock_guard lock(mutex_);
  CertificateNote& note = notes_[index];
  note.renew_at = outlook.renew_at;
  note.next_attempt = outlook.next_attempt;
  note.renew_why = asked_by_[index].empty()
                       ? std::string(to_string(outlook.why))
                       : "asked for by " + asked_by_[index];
  monitor_.note(index, note);
}

}  // namespace acme
