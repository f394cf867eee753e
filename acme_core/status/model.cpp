// SPDX-License-Identifier: BSD-2-Clause
// What a person is shown.
#include "acme_core/status/model.h"

#include <array>

#include "acme_core/monitor/words.h"

namespace acme {
namespace {

constexpr std::array<std::string_view, 9> kStates = {
    "valid",   "renewing", "waiting", "failing", "expiring",
    "expired", "fallback", "static",  "orphan"};

}  // namespace

std::string_view to_string(CertificateState state) noexcept {
  return to_word(kStates, state);
}

std::span<const std::string_view> certificate_state_words() noexcept {
  return kStates;
}

std::optional<CertificateState> certificate_state(
    std::string_view word) noexcept {
  return from_word<CertificateState>(kStates, word);
}

}  // namespace acme
