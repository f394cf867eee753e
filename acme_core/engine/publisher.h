// SPDX-License-Identifier: BSD-2-Clause
// Where the engine hands over what the server serves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "acme_core/storage/store.h"

namespace acme {

/// A status response that clients are shown beside a certificate.
struct OcspStaple {
  std::vector<std::uint8_t> response;  ///< DER
  TimePoint valid_until;
};

/// The serving side as the engine sees it: nginx's shared memory, or a test's
/// map. Thread-safe.
class Publisher {
 public:
  virtual ~Publisher() = default;

  /// Serves the pair for Plan::certificates[index] from now on. Throws
  /// Error(kConfiguration) when there is no room; what was served stays.
  virtual void put_certificate(std::size_t index,
                               const StoredCertificate& certificate) = 0;

  /// Whether what is served was found for want of the certificate itself, by
  /// whoever filled the server's memory, and nothing was put since.
  [[nodiscard]] virtual bool is_stand_in(std::size_t) const { return false; }

  /// Whether certificate() has something.
  [[nodiscard]] virtual bool has_certificate(
      std::size_t index) const noexcept = 0;

  /// What is served for the certificate, or nullopt.
  [[nodiscard]] virtual std::optional<StoredCertificate> certificate(
      std::size_t index) const = 0;

  /// Shows the response beside the pair whose leaf is `leaf`, in DER, until it
  /// ends or there is another one. A new pair begins without one: false when
  /// the pair is no longer served. Throws as put_certificate() does.
  virtual bool put_staple(std::size_t index, std::span<const std::uint8_t> leaf,
                          const OcspStaple& staple) = 0;

  /// What is shown beside the certificate, or nullopt. It may have ended.
  [[nodiscard]] virtual std::optional<OcspStaple> staple(
      std::size_t index) const = 0;
};

}  // namespace acme
