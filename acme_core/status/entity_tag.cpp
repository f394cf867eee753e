// SPDX-License-Identifier: BSD-2-Clause
// Entity tags (RFC 9110 section 8.8.3).
#include "acme_core/status/entity_tag.h"

#include <algorithm>
#include <span>
#include <utility>

#include "acme_core/crypto/base64url.h"
#include "acme_core/crypto/digest.h"

namespace acme {
namespace {

// Half of a SHA-256 is enough for no two answers to share it.
std::string tag_of(std::string_view text) {
  const auto digest = sha256(text);
  return "\"" +
         base64url_encode(std::span<const std::uint8_t>(digest).first(16)) +
         "\"";
}

void set(StatusAnswer& answer, std::string body, std::string tag) {
  for (auto& [name, value] : answer.headers) {
    if (name == "Cache-Control") {
      value = "no-cache";  // kept, and asked about by its tag
    }
  }
  answer.headers.emplace_back("ETag", std::move(tag));
  answer.next = [body = std::move(body)](std::string& out) {
    out += body;
    return false;
  };
}

std::string_view without_weakness(std::string_view tag) noexcept {
  return tag.starts_with("W/") ? tag.substr(2) : tag;
}

}  // namespace

void set_body(StatusAnswer& answer, std::string body) {
  std::string tag = tag_of(body);
  set(answer, std::move(body), std::move(tag));
}

void set_body_of_moment(StatusAnswer& answer, std::string body,
                        TimePoint taken_at) {
  const std::string moment = rfc3339(taken_at);
  const std::size_t place = std::min(body.find(moment), body.size());
  const std::size_t behind = std::min(place + moment.size(), body.size());
  std::string tag =
      "W/" + tag_of(tag_of({body.data(), place}) + body.substr(behind));
  set(answer, std::move(body), std::move(tag));
}

bool lists(std::string_view if_none_match, std::string_view tag) {
  constexpr std::string_view kBetween = " \t,";
  for (;;) {
    const std::size_t start = if_none_match.find_first_not_of(kBetween);
    if (start == std::string_view::npos) {
      return false;
    }
    if_none_match.remove_prefix(start);
    const std::size_t end =
        std::min(if_none_match.find_first_of(kBetween), if_none_match.size());
    const std::string_view listed = if_none_match.substr(0, end);
    if (listed == "*" || without_weakness(listed) == without_weakness(tag)) {
      return true;
    }
    if_none_match.remove_prefix(end);
  }
}

void answer_conditionally(StatusAnswer& answer,
                          std::string_view if_none_match) {
  const auto tag =
      std::find_if(answer.headers.begin(), answer.headers.end(),
                   [](const auto& each) { return each.first == "ETag"; });
  if (answer.status != 200 || tag == answer.headers.end() ||
      !lists(if_none_match, tag->second)) {
    return;
  }
  answer.status = 304;
  answer.content_type.clear();
  answer.next = [](std::string&) { return false; };
}

}  // namespace acme
