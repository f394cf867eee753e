// SPDX-License-Identifier: BSD-2-Clause
// Of failures, the first is told, and then one a day.
#include "acme_core/events/daily_failures.h"

#include "acme_core/storage/json_members.h"

namespace acme {
namespace {

constexpr std::chrono::hours kDay{24};

// An issuer may be called as a certificate's files are.
std::string key_of(const Event& event) {
  return event.storage_name.empty() ? "issuer " + event.issuer
                                    : event.storage_name;
}

// A time to come was written by a clock that has been set since.
bool is_recent(TimePoint told, TimePoint now) {
  return told <= now && now - told < kDay;
}

}  // namespace

bool DailyFailures::is_news(const Event& event, TimePoint now) {
  switch (event.kind) {
    case EventKind::kFailed:
      break;
    case EventKind::kIssued:
    case EventKind::kRenewed:
    case EventKind::kRecovered:
      is_changed_ = told_.erase(key_of(event)) != 0 || is_changed_;
      return true;
    default:
      return true;
  }
  const auto [told, is_first] = told_.try_emplace(key_of(event), now);
  if (!is_first && is_recent(told->second, now)) {
    return false;
  }
  told->second = now;
  is_changed_ = true;
  return true;
}

std::string DailyFailures::write(TimePoint now) const {
  nlohmann::ordered_json document = nlohmann::ordered_json::object();
  for (const auto& [key, told] : told_) {
    if (is_recent(told, now)) {
      document[key] = rfc3339(told);
    }
  }
  return to_file_text(document);
}

void DailyFailures::read(std::string_view text) {
  const nlohmann::json document = parse_object(text);
  if (!document.is_object()) {
    return;
  }
  for (const auto& [key, value] : document.items()) {
    if (const auto told = time_of(document, key.c_str())) {
      told_[key] = *told;
    }
  }
}

}  // namespace acme
