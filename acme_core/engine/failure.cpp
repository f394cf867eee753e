// SPDX-License-Identifier: BSD-2-Clause
// What the failure of an order means.
#include "acme_core/engine/failure.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace acme {

std::string_view to_string(Failure failure) noexcept {
  switch (failure) {
    case Failure::kStopped:
      return "stopped";
    case Failure::kLater:
      return "later";
    case Failure::kOurs:
      return "ours";
    case Failure::kUnverified:
      return "unverified";
    case Failure::kPassing:
      return "passing";
    case Failure::kRefused:
      return "refused";
    case Failure::kLimited:
      return "limited";
    case Failure::kUnavailable:
      return "unavailable";
    case Failure::kConfiguration:
      return "configuration";
  }
  return "unknown";
}
namespace {

// Validation depends on this host, its DNS and the network between: another CA
// would meet the same. So would it with our disk or our own listener. All else
// that a CA refuses, another may grant.
bool is_failed_validation(const Error& error) {
  static constexpr std::array<std::string_view, 5> kValidation{
      "connection", "dns", "incorrectResponse", "tls", "unauthorized"};
  if (error.subject() == ErrorSubject::kRequest) {
    return false;
  }
  return error.problem_type().empty()
             ? error.subject() == ErrorSubject::kValidation
             : std::find(kValidation.begin(), kValidation.end(),
                         error.problem_type()) != kValidation.end();
}

}  // namespace

Failure failure_of(const Error& error) {
  if (error.problem_type() == "userActionRequired") {
    return Failure::kUnavailable;  // new terms, which the account has to agree
                                   // to
  }
  switch (error.kind()) {
    case ErrorKind::kStopped:
      return Failure::kStopped;
    case ErrorKind::kLater:
      return Failure::kLater;
    case ErrorKind::kOurs:
      return Failure::kOurs;
    case ErrorKind::kUnavailable:
      return Failure::kUnavailable;
    case ErrorKind::kRateLimited:
      return Failure::kLimited;
    case ErrorKind::kPermanent:
      return Failure::kRefused;
    case ErrorKind::kConfiguration:
      return Failure::kConfiguration;
    case ErrorKind::kTransient:
      return is_failed_validation(error) ? Failure::kUnverified
                                         : Failure::kPassing;
  }
  return Failure::kOurs;
}

}  // namespace acme
