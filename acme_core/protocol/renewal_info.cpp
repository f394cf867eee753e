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
  const auto start = parse_rfc3339(text_of(*window, "start"));
  const auto end = parse_rfc3339(text_of(*window, "end"));
  if (!start || !end || *end <= *start) {
    return std::nullopt;
  }
  return RenewalInfo{*start, *end, url_of(object, "explanationURL")};
}

}  // namespace acme
