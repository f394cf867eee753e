// SPDX-License-Identifier: BSD-2-Clause
// When a certificate is renewed. Pure: it asks no clock.
#pragma once

#include <chrono>
#include <optional>

#include "acme_core/env/random.h"
#include "acme_core/protocol/renewal_info.h"
#include "acme_core/storage/store.h"
#include "acme_core/time_point.h"

namespace acme {

/// From when to when a certificate is valid.
struct Validity {
  TimePoint not_before;
  TimePoint not_after;

  /// Never negative.
  [[nodiscard]] std::chrono::milliseconds lifetime() const noexcept;
};

[[nodiscard]] inline Validity validity_of(const CertificateChain& chain) {
  return {chain.not_before(), chain.not_after()};
}

/// How old a certificate gets before it is renewed when the CA suggests
/// nothing: two thirds of its lifetime, half of it when that is under ten days.
[[nodiscard]] std::chrono::milliseconds renewal_age(
    const Validity& validity) noexcept;

/// When it reaches that age, a little earlier by chance (up to 2 % of the
/// lifetime), so that certificates made together part ways.
[[nodiscard]] TimePoint renewal_time(const Validity& validity, Random& random);

/// When a renewal can wait no longer, neither for a suggested window nor for
/// others: a sixth of the lifetime is left.
[[nodiscard]] TimePoint urgent_time(const Validity& validity) noexcept;

/// Whether the window calls a certificate back: it ends clearly before the age
/// at which certificates are renewed.
[[nodiscard]] bool is_recall(const RenewalWindow& window,
                             const Validity& validity) noexcept;

/// The earliest renewal of a certificate that is called back after `recalls`
/// others in a row. The first one is obeyed at once; the next not before six
/// hours (a twentieth of the lifetime when that is shorter) after it was
/// issued, then twice that, and so on, but not later than its usual renewal: a
/// CA whose windows are always in the past must not have us order for ever.
[[nodiscard]] TimePoint youngest_recall(const Validity& validity,
                                        unsigned recalls) noexcept;

/// The window that the CA suggests (RFC 9773 section 4.2), with a uniformly
/// random point of it to renew at. The point drawn before stays as long as the
/// window does. nullopt for a window that makes no sense: it reaches beyond the
/// certificate's life.
[[nodiscard]] std::optional<RenewalWindow> adopt_window(
    const RenewalInfo& suggested, const Validity& validity,
    const std::optional<RenewalWindow>& before, Random& random);

}  // namespace acme
