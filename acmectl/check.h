// SPDX-License-Identifier: BSD-2-Clause
// The verdict of "acmectl check", without asking anybody.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/status/model.h"
#include "acmectl/exit_codes.h"

namespace acmectl {

/// How little may be left of a certificate: a part of its lifetime, or a time.
struct Threshold {
  double part = 0;  ///< of the lifetime; counts when time is nullopt
  std::optional<std::chrono::seconds> time = std::nullopt;
};

/// "0.33", "12h", "14d", or "14" for days; nullopt for anything else.
[[nodiscard]] std::optional<Threshold> read_threshold(std::string_view text);

struct CheckLimits {
  Threshold warning{0.25};
  Threshold critical{0.1};
};

struct Verdict {
  CheckCode code = kCheckOk;
  /// One line in the form of monitoring plugins: "ACME OK - … | perfdata".
  std::string line;
};

/// `process`: nullopt where it is not known. Certificates that nobody uses do
/// not count.
[[nodiscard]] Verdict judge(
    const std::vector<acme::CertificateStatus>& certificates,
    const std::optional<acme::ProcessStatus>& process,
    const CheckLimits& limits, acme::TimePoint now);

/// What could not be checked, and why.
[[nodiscard]] Verdict unknown(std::string_view why);

}  // namespace acmectl
