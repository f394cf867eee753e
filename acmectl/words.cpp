// SPDX-License-Identifier: BSD-2-Clause
// How acmectl says times and states.
#include "acmectl/words.h"

namespace acmectl {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

}  // namespace

std::string short_duration(milliseconds duration) {
  const auto say = [](auto count, const char* unit) {
    return std::to_string(count.count()) + unit;
  };
  if (duration >= days(2)) {
    return say(floor<days>(duration), "d");
  }
  if (duration >= hours(2)) {
    return say(floor<hours>(duration), "h");
  }
  if (duration >= minutes(2)) {
    return say(floor<minutes>(duration), "m");
  }
  return say(floor<seconds>(duration), "s");
}

std::string when(std::optional<acme::TimePoint> time, acme::TimePoint now) {
  if (!time) {
    return {};
  }
  const milliseconds left = *time - now;
  if (left >= seconds(1)) {
    return "in " + short_duration(left);
  }
  return left <= seconds(-1) ? short_duration(-left) + " ago" : "now";
}

std::string date(std::optional<acme::TimePoint> time) {
  return time ? acme::rfc3339(*time).substr(0, sizeof("2026-03-01") - 1)
              : std::string();
}

std::string date_and_when(std::optional<acme::TimePoint> time,
                          acme::TimePoint now) {
  if (!time) {
    return {};
  }
  std::string text = acme::rfc3339(*time);
  text.replace(text.find('T'), 1, " ").replace(text.find('Z'), 1, " UTC");
  return text + " (" + when(time, now) + ")";
}

Colour colour_of(acme::CertificateState state) noexcept {
  using acme::CertificateState;
  switch (state) {
    case CertificateState::kValid:
      return Colour::kGreen;
    case CertificateState::kRenewing:
    case CertificateState::kWaiting:
      return Colour::kBlue;
    case CertificateState::kFailing:
    case CertificateState::kExpiring:
      return Colour::kYellow;
    case CertificateState::kExpired:
    case CertificateState::kFallback:
      return Colour::kRed;
    case CertificateState::kStatic:
    case CertificateState::kOrphan:
      return Colour::kDim;
  }
  return Colour::kNone;
}

std::string counted(std::size_t count, std::string_view one) {
  return std::to_string(count) + " " + std::string(one) +
         (count == 1 ? "" : "s");
}

}  // namespace acmectl
