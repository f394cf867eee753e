// SPDX-License-Identifier: BSD-2-Clause
// When to say that a certificate comes near its end.
#include "acme_core/engine/expiry_alarms.h"

#include <algorithm>
#include <chrono>

namespace acme {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kShortest = std::chrono::minutes(10);
constexpr milliseconds kBetweenReminders = std::chrono::hours(24);

}  // namespace

ExpiryStage expiry_stage(TimePoint renewal_due, TimePoint not_after,
                         TimePoint now) {
  const milliseconds left_when_due = not_after - renewal_due;
  const milliseconds left = not_after - now;
  if (left_when_due < kShortest || now < renewal_due ||
      left > left_when_due / 3) {
    return ExpiryStage::kFine;
  }
  if (left <= milliseconds::zero()) {
    return ExpiryStage::kOver;
  }
  return left > left_when_due / 10 ? ExpiryStage::kThird : ExpiryStage::kTenth;
}

std::optional<ExpiryStage> ExpiryAlarms::news(std::size_t certificate,
                                              TimePoint renewal_due,
                                              TimePoint not_after,
                                              TimePoint now) {
  const ExpiryStage stage = expiry_stage(renewal_due, not_after, now);
  const auto said = said_.find(certificate);
  if (stage == ExpiryStage::kFine) {
    if (said != said_.end()) {
      said_.erase(said);
    }
    return std::nullopt;
  }
  if (said != said_.end() && said->second.not_after == not_after &&
      stage <= said->second.stage &&
      (stage != ExpiryStage::kOver ||
       now < said->second.at + kBetweenReminders)) {
    return std::nullopt;
  }
  said_[certificate] = {not_after, stage, now};
  return stage;
}

}  // namespace acme
