// SPDX-License-Identifier: BSD-2-Clause
// What the operator wishes to be told of, and who is to be told.
#pragma once

#include <deque>
#include <set>
#include <string>
#include <variant>

#include "acme_core/monitor/event.h"
#include "acme_core/secret.h"

namespace acme {

/// A program on this machine.
struct EventProgramSpec {
  std::string path;
};

/// Whoever answers at a URL, http or https.
struct WebhookSpec {
  std::string url;     ///< may be a secret itself, as those of chat services
  SecretBytes secret;  ///< signs what is sent; empty: nothing is signed
};

struct EventAction {
  std::set<EventKind> events;
  std::variant<EventProgramSpec, WebhookSpec> target;
};

/// For people: the path in quotes, or of the URL no more than its host.
[[nodiscard]] std::string shown_target(const EventAction& action);

/// Tells targets apart in the names of files, without saying what they are: 16
/// hexadecimal digits.
[[nodiscard]] std::string target_id(const EventAction& action);

/// Both tell the same.
[[nodiscard]] bool have_same_target(const EventAction& one,
                                    const EventAction& other);

/// Overwrites what only the engine may know.
void wipe_secrets(std::deque<EventAction>& actions) noexcept;

}  // namespace acme
