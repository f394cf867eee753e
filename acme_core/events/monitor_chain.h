// SPDX-License-Identifier: BSD-2-Clause
// Several who watch, each of whom is told everything.
#pragma once

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <vector>

#include "acme_core/monitor/monitor.h"

namespace acme {

/// All monitors outlive it.
class MonitorChain final : public Monitor {
 public:
  /// Before anybody tells it something.
  void add(Monitor& monitor) { monitors_.emplace_back(monitor); }

  [[nodiscard]] bool is_watched() const noexcept override {
    return std::any_of(
        monitors_.begin(), monitors_.end(),
        [](const Monitor& monitor) { return monitor.is_watched(); });
  }

  void note(std::size_t index, const CertificateNote& note) noexcept override {
    for (Monitor& monitor : monitors_) {
      monitor.note(index, note);
    }
  }
  void note(std::size_t index, const IssuerNote& note) noexcept override {
    for (Monitor& monitor : monitors_) {
      monitor.note(index, note);
    }
  }
  void note(const ProcessNote& note) noexcept override {
    for (Monitor& monitor : monitors_) {
      monitor.note(note);
    }
  }
  void tell(const Event& event) noexcept override {
    for (Monitor& monitor : monitors_) {
      monitor.tell(event);
    }
  }
  void add(Count count, std::initializer_list<std::string_view> labels,
           std::uint64_t by) noexcept override {
    for (Monitor& monitor : monitors_) {
      monitor.add(count, labels, by);
    }
  }

 private:
  std::vector<std::reference_wrapper<Monitor>> monitors_;
};

}  // namespace acme
