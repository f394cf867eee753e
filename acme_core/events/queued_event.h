// SPDX-License-Identifier: BSD-2-Clause
// An event that waits for its delivery: what is sent, and the name of the file
// that has it meanwhile.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "acme_core/monitor/event.h"
#include "acme_core/time_point.h"

namespace acme {

/// What receivers get: the JSON object of write_event(), with `id` as its first
/// member. An event that is delivered again has the same one.
[[nodiscard]] std::string write_queued_event(const std::string& id,
                                             const Event& event);

/// "TARGET-MILLISECONDS-ID.json": one file for each delivery. Of one target
/// they sort by time, and the content is what is sent.
struct QueuedEventName {
  std::string target;  ///< target_id()
  TimePoint queued_at;
  std::string id;  ///< 16 hexadecimal digits

  [[nodiscard]] std::string file() const;
};

/// nullopt: the file is something else.
[[nodiscard]] std::optional<QueuedEventName> parse_queued_event_name(
    std::string_view file);

}  // namespace acme
