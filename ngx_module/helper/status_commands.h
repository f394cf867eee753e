// SPDX-License-Identifier: BSD-2-Clause
// Commands from shared memory for the engine.
#pragma once

#include <chrono>
#include <map>
#include <mutex>

#include "acme_core/env/clock.h"
#include "acme_core/env/descriptor.h"
#include "acme_core/monitor/command.h"
#include "ngx_module/shared/status_zone.h"

namespace ngx_acme {

/// Made in the helper process. When it ends, what it has given back is offered
/// to the next one.
class StatusCommandSource final : public acme::CommandSource {
 public:
  /// `zone` outlives it. Throws acme::Error without a descriptor to wait with.
  explicit StatusCommandSource(StatusZone& zone);
  ~StatusCommandSource() override;
  StatusCommandSource(const StatusCommandSource&) = delete;
  StatusCommandSource& operator=(const StatusCommandSource&) = delete;

  [[nodiscard]] std::optional<acme::Command> take(
      const std::stop_token& stop) override;
  void report(std::uint64_t id, acme::CommandState state,
              std::string_view text) noexcept override;
  void give_back(std::uint64_t id) noexcept override;

 private:
  struct GivenBack {
    std::uint64_t offers = 0;  ///< as the zone had it
    acme::SteadyPoint again_at;
  };
  [[nodiscard]] std::optional<acme::Command> take_waiting();
  /// How long to wait for an event, in milliseconds; -1: for ever.
  [[nodiscard]] int patience() const;

  StatusZone& zone_;
  acme::Descriptor events_;  ///< an epoll
  acme::Descriptor stop_;    ///< an eventfd
  mutable std::mutex mutex_;
  std::map<std::uint64_t, GivenBack> given_back_;
};

}  // namespace ngx_acme
