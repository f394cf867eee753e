// SPDX-License-Identifier: BSD-2-Clause
// What the engine tells goes into shared memory.
#pragma once

#include "acme_core/monitor/monitor.h"
#include "ngx_module/shared/status_zone.h"

namespace ngx_acme {

class StatusMonitor final : public acme::Monitor {
 public:
  /// `zone` outlives it.
  explicit StatusMonitor(StatusZone& zone) noexcept : zone_(zone) {}

  void note(std::size_t index,
            const acme::CertificateNote& note) noexcept override;
  void note(std::size_t index, const acme::IssuerNote& note) noexcept override;
  void note(const acme::ProcessNote& note) noexcept override;
  void tell(const acme::Event& event) noexcept override;
  void add(acme::Count count, std::initializer_list<std::string_view> labels,
           std::uint64_t by) noexcept override;

 private:
  StatusZone& zone_;
};

}  // namespace ngx_acme
