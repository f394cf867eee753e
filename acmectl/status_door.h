// SPDX-License-Identifier: BSD-2-Clause
// Who answers what is asked for in the endpoint's paths: nginx itself, or what
// a state directory says while nginx does not run.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "acmectl/context.h"
#include "acmectl/endpoint.h"

namespace acmectl {

struct Reply {
  int status = 0;
  std::string body;
  std::string url;       ///< what was asked for: references begin there
  std::string location;  ///< field of the header; may be empty
};

class StatusDoor {
 public:
  virtual ~StatusDoor() = default;

  /// For messages: "unix:/run/nginx-acme.sock:/acme/".
  [[nodiscard]] virtual std::string place() const = 0;
  /// False: a state directory's contents, and nothing can be steered.
  [[nodiscard]] virtual bool is_live() const noexcept = 0;

  /// `path` is relative to the endpoint, or what a Reply's references lead to
  /// (see follow_reference()). Throws acme::Error(kUnavailable) when there is
  /// no answer, and Error(kStopped).
  [[nodiscard]] virtual Reply get(const std::string& path,
                                  std::stop_token stop) = 0;
  [[nodiscard]] virtual Reply post(const std::string& path,
                                   std::stop_token stop) = 0;
};

/// The path or URL that `reference`, met in the answer from `url`, leads to
/// (RFC 3986 section 5), if the same server has it. Throws
/// Refusal(kUnreachable) otherwise: the password is for that server alone.
[[nodiscard]] std::string follow_reference(std::string_view reference,
                                           std::string_view url);

/// Nothing is asked before the first get(). Throws Refusal for an --auth-file
/// that cannot be used.
[[nodiscard]] std::unique_ptr<StatusDoor> open_endpoint(
    const Endpoint& endpoint, const EndpointOptions& options);

/// Finds nginx's endpoint, or else state directories, which a line on standard
/// error says. `is_to_steer`: an endpoint that takes commands, and nothing
/// else. Throws Refusal when there is none.
[[nodiscard]] std::unique_ptr<StatusDoor> open_door(
    const Context& context, bool is_to_steer, const std::stop_token& stop);

}  // namespace acmectl
