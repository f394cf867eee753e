// SPDX-License-Identifier: BSD-2-Clause
// Reading a response's header.
#include "acme_core/net/http_client.h"

namespace acme {

std::optional<std::string_view> HttpResponse::header(
    const std::string& name) const {
  const auto field = headers.find(name);
  if (field == headers.end()) {
    return std::nullopt;
  }
  return field->second;
}

}  // namespace acme
