// SPDX-License-Identifier: BSD-2-Clause
// Names that are left out so that the others get their certificate.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "acme_core/engine/name_verdicts.h"
#include "acme_core/engine/plan.h"

namespace acme {

/// What is remembered of one certificate's names.
struct NameFaults {
  /// Names that are left out, and why.
  std::map<std::string, std::string> left_out;
  /// Names that have failed since they were last proved.
  std::vector<std::string> at_fault;

  [[nodiscard]] std::vector<std::string> left_out_names() const;
};

/// What a failed try means for the next.
struct LeftOutDecision {
  std::vector<std::string> added;    ///< left out from now on
  std::vector<std::string> removed;  ///< proved again, others are not
  /// The names that are left can be ordered: nothing is known against them.
  bool may_order_rest = false;

  [[nodiscard]] bool is_news() const {
    return !added.empty() || !removed.empty();
  }
};

/// Notes what a try for all names found out. A name at fault twice in a row is
/// left out (CertificateSpec::partial), an implied one at once, but never the
/// last ones.
[[nodiscard]] LeftOutDecision learn(NameFaults& faults,
                                    const CertificateSpec& spec,
                                    const NameVerdicts& verdicts);

/// `"a" (why), "b" (why)` for log lines.
[[nodiscard]] std::string describe(
    const std::map<std::string, std::string>& left_out,
    const std::vector<std::string>& names);

}  // namespace acme
