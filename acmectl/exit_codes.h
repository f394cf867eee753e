// SPDX-License-Identifier: BSD-2-Clause
// What acmectl's exit status says. The man page has the same table.
#pragma once

namespace acmectl {

enum ExitCode : int {
  kOk = 0,
  kFailed = 1,       ///< what was asked for was tried, and failed
  kUsage = 2,        ///< the command line makes no sense
  kUnreachable = 3,  ///< nginx gave no answer, or none that makes sense
  kRefused = 4,      ///< nginx does not let us: password, or no write=on
  kNotFound = 5,     ///< there is no such certificate or issuer
  kUnfinished = 6,   ///< nginx goes on with it; we did not wait for the end
  kInterrupted = 130,
};

/// Of "acmectl check", as monitoring plugins have them; whatever is wrong with
/// the command line or the endpoint is kCheckUnknown.
enum CheckCode : int {
  kCheckOk = 0,
  kCheckWarning = 1,
  kCheckCritical = 2,
  kCheckUnknown = 3,
};

}  // namespace acmectl
