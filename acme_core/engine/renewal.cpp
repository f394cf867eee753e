// SPDX-License-Identifier: BSD-2-Clause
// When a certificate is renewed.
#include "acme_core/engine/renewal.h"

#include <algorithm>

#include "acme_core/engine/backoff.h"

namespace acme {

using std::chrono::milliseconds;

milliseconds Validity::lifetime() const noexcept {
  return std::max(not_after - not_before, milliseconds::zero());
}

milliseconds renewal_age(const Validity& validity) noexcept {
  const milliseconds lifetime = validity.lifetime();
  return lifetime < std::chrono::days(10) ? lifetime / 2 : lifetime / 3 * 2;
}

TimePoint renewal_time(const Validity& validity, Random& random) {
  return validity.not_before + renewal_age(validity) -
         random_below(validity.lifetime() / 50, random);
}

TimePoint urgent_time(const Validity& validity) noexcept {
  return validity.not_after - validity.lifetime() / 6;
}

bool is_recall(const RenewalWindow& window, const Validity& validity) noexcept {
  return window.end < validity.not_before + renewal_age(validity) / 10 * 8;
}

TimePoint youngest_recall(const Validity& validity, unsigned recalls) noexcept {
  if (recalls == 0) {
    return validity.not_before;
  }
  constexpr unsigned kMostDoublings = 16;
  const milliseconds first =
      std::min<milliseconds>(validity.lifetime() / 20, std::chrono::hours(6));
  return validity.not_before +
         std::min(first * (1 << std::min(recalls - 1, kMostDoublings)),
                  renewal_age(validity));
}

std::optional<RenewalWindow> adopt_window(
    const RenewalInfo& suggested, const Validity& validity,
    const std::optional<RenewalWindow>& before, Random& random) {
  if (suggested.end <= suggested.start || suggested.end > validity.not_after) {
    return std::nullopt;
  }
  RenewalWindow window{
      suggested.start, suggested.end, {}, suggested.explanation_url};
  const bool is_same = before && before->start == suggested.start &&
                       before->end == suggested.end;
  window.renew_at =
      is_same ? before->renew_at
              : window.start + random_below(window.end - window.start, random);
  return window;
}

}  // namespace acme
