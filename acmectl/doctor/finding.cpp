// SPDX-License-Identifier: BSD-2-Clause
// What a check has found, in words for a person.
#include "acmectl/doctor/finding.h"

#include <algorithm>

#include "acme_core/env/log.h"

namespace acmectl {
namespace {

constexpr std::size_t kLongestText = 2048;

}  // namespace

std::string_view to_string(Health health) noexcept {
  switch (health) {
    case Health::kOk:
      return "ok";
    case Health::kWarn:
      return "warn";
    case Health::kFail:
      break;
  }
  return "fail";
}

Health worst_of(const Findings& findings) noexcept {
  Health worst = Health::kOk;
  for (const Finding& finding : findings) {
    worst = std::max(worst, finding.health);
  }
  return worst;
}

std::string finding_text(const Finding& finding) {
  constexpr std::size_t kHealthWidth = 6;
  std::string health(to_string(finding.health));
  health.resize(kHealthWidth, ' ');
  std::string text = health + acme::printable(finding.about) + " " +
                     finding.check + ": " +
                     acme::printable(finding.text, kLongestText) + "\n";
  if (!finding.cure.empty()) {
    text += std::string(kHealthWidth, ' ') + "-> " +
            acme::printable(finding.cure, kLongestText) + "\n";
  }
  return text;
}

}  // namespace acmectl
