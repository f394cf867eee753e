// SPDX-License-Identifier: BSD-2-Clause
// Where the engine tells what it knows and does.
#include "acme_core/monitor/monitor.h"

#include <array>
#include <iterator>
#include <string>

namespace acme {
namespace {

// kRequestBuckets in numbers; the last takes what is left.
constexpr std::array<std::chrono::microseconds, std::size(kRequestBuckets) - 1>
    kBounds = {std::chrono::milliseconds(50),   std::chrono::milliseconds(100),
               std::chrono::milliseconds(250),  std::chrono::milliseconds(500),
               std::chrono::milliseconds(1000), std::chrono::milliseconds(2500),
               std::chrono::seconds(5),         std::chrono::seconds(10),
               std::chrono::seconds(30)};

class SilentMonitor final : public Monitor {
 public:
  [[nodiscard]] bool is_watched() const noexcept override { return false; }
};

}  // namespace

Monitor& silent_monitor() noexcept {
  static SilentMonitor nobody;
  return nobody;
}

void count_request(Monitor& monitor, std::string_view issuer, int status,
                   std::chrono::microseconds duration) noexcept {
  // Three digits stay within the string itself: no memory is asked for.
  monitor.add(Count::kRequests,
              {issuer, status == 0 ? "none" : std::to_string(status)}, 1);
  std::size_t bucket = 0;
  while (bucket < kBounds.size() && duration > kBounds[bucket]) {
    ++bucket;
  }
  monitor.add(Count::kRequestSeconds, {issuer, kRequestBuckets[bucket]}, 1);
  monitor.add(Count::kRequestMicroseconds, {issuer},
              static_cast<std::uint64_t>(duration.count()));
}

}  // namespace acme
