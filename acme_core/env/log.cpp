// SPDX-License-Identifier: BSD-2-Clause
// Log lines that name their subject and carry nothing but text.
#include "acme_core/env/log.h"

namespace acme {
namespace {

// A problem document in full (4 KiB), and what we say of it.
constexpr std::size_t kLongestText = 8192;

bool is_continuation(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// The length of the well-formed UTF-8 character at the start of `text`, 0 when
// there is none (RFC 3629 section 4: no overlong forms, no surrogates).
std::size_t character_length(std::string_view text) noexcept {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) {
    return 1;
  }
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) {
    return 0;
  }
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(text[i])) {
      return 0;
    }
  }
  const auto second = static_cast<unsigned char>(text[1]);
  const bool malformed =
      (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
      (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
  return malformed ? 0 : length;
}

// C0, DEL and C1: terminals obey the latter too.
bool is_control(std::string_view character) noexcept {
  const auto first = static_cast<unsigned char>(character[0]);
  return first < 0x20 || first == 0x7F ||
         (first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0);
}

}  // namespace

EventLog::EventLog(Logger& logger, const std::string& issuer)
    : EventLog(&logger, "acme: issuer \"" + issuer + "\"") {}

EventLog EventLog::for_certificate(const std::string& name,
                                   const std::string& which) const {
  return {logger_, subject_ + ", certificate \"" + name + "\"" +
                       (which.empty() ? which : " (" + which + ")")};
}

void EventLog::write(LogLevel level, std::string_view text) const {
  std::string line = subject_;
  line.append(": ").append(printable(text, kLongestText));
  logger_->write(level, line);
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string result;
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    const std::string_view character =
        length == 0 || is_control(text.substr(0, length))
            ? std::string_view("?")
            : text.substr(0, length);
    if (result.size() + character.size() > limit) {
      break;
    }
    result += character;
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return result;
}

}  // namespace acme
