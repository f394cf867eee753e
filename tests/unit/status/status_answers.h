// SPDX-License-Identifier: BSD-2-Clause
// Requests to the status endpoint, as tests write them.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "acme_core/status/answer.h"
#include "tests/support/status_snapshot.h"

namespace acme {

/// A request for "PATH?QUERY" below "/acme/".
[[nodiscard]] inline StatusRequest request_for(
    std::string_view target, std::string_view method = "GET") {
  StatusRequest request;
  const std::size_t query = target.find('?');
  request.method = method;
  request.path = target.substr(0, query);
  request.query = query == std::string_view::npos ? std::string_view()
                                                  : target.substr(query + 1);
  request.base = "/acme/";
  request.asked_by = "127.0.0.1";
  return request;
}

/// The same, with leave to write.
[[nodiscard]] inline StatusRequest post_to(std::string_view target) {
  StatusRequest request = request_for(target, "POST");
  request.is_writable = true;
  request.has_write_header = true;
  return request;
}

[[nodiscard]] inline std::string body_of(StatusAnswer& answer) {
  std::string body;
  bool has_more = true;
  while (has_more) {
    std::string slice;
    has_more = answer.next(slice);
    body += slice;
  }
  return body;
}

[[nodiscard]] inline std::string header(const StatusAnswer& answer,
                                        std::string_view name) {
  for (const auto& [field, value] : answer.headers) {
    if (field == name) {
      return value;
    }
  }
  return {};
}

/// Of make_snapshot(count) or of a snapshot.
[[nodiscard]] inline std::string body_at(
    std::string_view target, const std::shared_ptr<StatusSnapshot>& snapshot) {
  StatusAnswer given = answer(request_for(target), snapshot);
  return body_of(given);
}

}  // namespace acme
