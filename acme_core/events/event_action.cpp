// SPDX-License-Identifier: BSD-2-Clause
// What the operator wishes to be told of, and who is to be told.
#include "acme_core/events/event_action.h"

#include <array>
#include <cstddef>
#include <string_view>

#include "acme_core/crypto/digest.h"
#include "acme_core/hexadecimal.h"

namespace acme {
namespace {

constexpr std::size_t kIdBytes = 8;

// With a word in front, so that no path is taken for a URL.
std::string named(const EventAction& action) {
  if (const auto* program = std::get_if<EventProgramSpec>(&action.target)) {
    return "exec " + program->path;
  }
  return "url " + std::get<WebhookSpec>(action.target).url;
}

}  // namespace

std::string shown_target(const EventAction& action) {
  if (const auto* program = std::get_if<EventProgramSpec>(&action.target)) {
    return "\"" + program->path + "\"";
  }
  const std::string& url = std::get<WebhookSpec>(action.target).url;
  const std::size_t host = url.find("://");
  const std::size_t end =
      host == std::string::npos ? 0 : url.find_first_of("/?#", host + 3);
  return "\"" + url.substr(0, end) + (end == std::string::npos ? "\"" : "/…\"");
}

std::string target_id(const EventAction& action) {
  const std::array<std::uint8_t, 32> digest = sha256(named(action));
  return to_hex({digest.data(), kIdBytes});
}

bool have_same_target(const EventAction& one, const EventAction& other) {
  return named(one) == named(other);
}

void wipe_secrets(std::deque<EventAction>& actions) noexcept {
  for (EventAction& action : actions) {
    if (auto* webhook = std::get_if<WebhookSpec>(&action.target)) {
      // The allocator overwrites all of the old buffer.
      SecretBytes().swap(webhook->secret);
      wipe(webhook->url.data(), webhook->url.size());
      webhook->url.clear();
    }
  }
}

}  // namespace acme
