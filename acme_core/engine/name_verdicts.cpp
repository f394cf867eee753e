// SPDX-License-Identifier: BSD-2-Clause
// Which names of an order are at fault.
#include "acme_core/engine/name_verdicts.h"

#include <algorithm>
#include <array>

#include "acme_core/ascii.h"
#include "acme_core/env/log.h"

namespace acme {
namespace {

// Problems that are about names (RFC 8555 section 6.7).
constexpr std::array<std::string_view, 8> kAboutNames{"caa",
                                                      "connection",
                                                      "dns",
                                                      "incorrectResponse",
                                                      "rejectedIdentifier",
                                                      "tls",
                                                      "unauthorized",
                                                      "unsupportedIdentifier"};

bool is_name_character(char c) {
  return is_alphanumeric(c) ||
         std::string_view("-_.:*").find(c) != std::string_view::npos;
}

// As a word: "example.com" is not in "www.example.com".
bool mentions(std::string_view text, std::string_view name) {
  for (std::size_t at = text.find(name); at != std::string_view::npos;
       at = text.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    // A full stop ends a sentence.
    const bool ends =
        end == text.size() || !is_name_character(text[end]) ||
        ((text[end] == '.' || text[end] == ':') &&
         (end + 1 == text.size() || !is_name_character(text[end + 1])));
    if (ends && (at == 0 || !is_name_character(text[at - 1]))) {
      return true;
    }
  }
  return false;
}

}  // namespace

void NameVerdicts::proved(const Identifier& name) {
  if (names_.contains(name)) {
    at_fault_.erase(name.value);
    proved_.insert(name.value);
  }
}

void NameVerdicts::failed(const Identifier& name, const std::string& why) {
  if (names_.contains(name)) {
    proved_.erase(name.value);
    at_fault_[name.value] = why;
  }
}

void NameVerdicts::read(const Error& error) {
  if (error.kind() == ErrorKind::kUnavailable ||
      error.kind() == ErrorKind::kRateLimited ||
      error.kind() == ErrorKind::kStopped ||
      error.kind() == ErrorKind::kLater ||
      error.subject() == ErrorSubject::kValidation) {
    return;  // a validation's was noted with its authorization
  }
  for (const std::string& value : error.names()) {
    // A wildcard is proved, and called, by the name behind it.
    for (const Identifier& name : names_) {
      if (name.value == value || name.value == "*." + value) {
        failed(name, error.what());
      }
    }
  }
  if (!error.names().empty() ||
      std::find(kAboutNames.begin(), kAboutNames.end(), error.problem_type()) ==
          kAboutNames.end()) {
    return;
  }
  for (const Identifier& name : names_) {
    if (mentions(error.what(), name.value)) {
      failed(name, error.what());
    }
  }
}

}  // namespace acme
