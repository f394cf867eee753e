// SPDX-License-Identifier: BSD-2-Clause
// Reading renewal information.
#include "acme_core/protocol/renewal_info.h"

#include "acme_core/protocol/json_fields.h"

namespace acme {

std::optional<RenewalInfo> parse_renewal_info(std::string_view json) {
  const nlohmann::json object = parse_object(json);
  const nlohmann::json* window = find_member(object, "suggestedWindow");
  if (window == nullptr) {
    return std::nullopt;
  }
  const auto start = time_of(*window, "start");
  const auto end = time_of(*window, "end");
  // Section 4.2: the end must be after the start.
  if (!start || !end || *end <= *start) {
    return std::nullopt;
  }
  return RenewalInfo{*start, *end, url_of(object, "explanationURL")};
}

}  // namespace acme
