// SPDX-License-Identifier: BSD-2-Clause
// What a check has found, in words for a person.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace acmectl {

enum class Health {
  kOk,
  kWarn,  ///< an order may succeed; a person should look
  kFail,  ///< an order would fail
};

/// "ok", "warn", "fail".
[[nodiscard]] std::string_view to_string(Health health) noexcept;

struct Finding {
  Health health = Health::kOk;
  std::string about;  ///< "www.example.com", "issuer …", "clock"
  std::string check;  ///< "addresses", "caa", "port 80"
  std::string text;
  std::string cure;  ///< empty when all is well
};

using Findings = std::vector<Finding>;

/// Of all of them; kOk of none.
[[nodiscard]] Health worst_of(const Findings& findings) noexcept;

/// "fail  www.example.com  caa: …" and, below, the cure.
[[nodiscard]] std::string finding_text(const Finding& finding);

/// {"findings":[{"health","about","check","text","cure"}],"health"} and a
/// newline.
[[nodiscard]] std::string findings_json(const Findings& findings);

}  // namespace acmectl
