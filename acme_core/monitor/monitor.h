// SPDX-License-Identifier: BSD-2-Clause
// Where the engine tells what it knows and does, for whoever watches.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "acme_core/monitor/event.h"
#include "acme_core/monitor/notes.h"

namespace acme {

/// What is counted, with the labels it has.
enum class Count {
  kOrders,          ///< issuer, result ("issued", "failed"), reason
  kChallenges,      ///< type, result ("valid", "invalid")
  kRequests,        ///< issuer, status ("200", "429", "none")
  kRequestSeconds,  ///< issuer, upper bound of the histogram's bucket ("0.1")
  kRequestMicroseconds,  ///< issuer: the sum
  kSwaps,                ///< none: pairs that workers have taken into use
};

/// Thread-safe. Nothing here fails or waits: who watches must not disturb.
class Monitor {
 public:
  virtual ~Monitor() = default;

  /// False: nobody looks at notes, none has to be made.
  [[nodiscard]] virtual bool is_watched() const noexcept { return true; }

  /// About Plan::certificates[index], or Plan::issuers[index].
  virtual void note(std::size_t, const CertificateNote&) noexcept {}
  virtual void note(std::size_t, const IssuerNote&) noexcept {}
  virtual void note(const ProcessNote&) noexcept {}

  virtual void tell(const Event&) noexcept {}

  /// Counts survive reloads.
  virtual void add(Count, std::initializer_list<std::string_view> /*labels*/,
                   std::uint64_t /*by*/) noexcept {}
};

/// Nobody watches.
[[nodiscard]] Monitor& silent_monitor() noexcept;

/// Upper bounds of the buckets that the duration of a request is counted in, in
/// seconds; the last has none.
inline constexpr std::string_view kRequestBuckets[] = {
    "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "30", "+Inf"};

/// One request to a CA; `status` 0: there was no answer.
void count_request(Monitor& monitor, std::string_view issuer, int status,
                   std::chrono::microseconds duration) noexcept;

}  // namespace acme
