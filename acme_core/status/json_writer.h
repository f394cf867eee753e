// SPDX-License-Identifier: BSD-2-Clause
// JSON appended to a text as it goes: a page of certificates is a few thousand
// members, and a worker has no time to build a tree of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/time_point.h"

namespace acme {

/// Who calls keeps the brackets balanced. Names of members are ours: they are
/// not escaped.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) noexcept : out_(out) {}

  void begin_object() { begin('{'); }
  void end_object() { out_ += '}'; }
  void begin_array() { begin('['); }
  void end_array() { out_ += ']'; }

  void key(std::string_view name);

  void value(std::string_view text);
  void value(const char* text) { value(std::string_view(text)); }
  void value(const std::string& text) { value(std::string_view(text)); }
  void value(bool flag);
  void value(std::int64_t number);
  void value(std::uint64_t number);
  void value(unsigned number) { value(std::uint64_t{number}); }
  void value(TimePoint time);
  /// Between a name that was written as a value and its value.
  void colon() { out_ += ':'; }
  /// An object or array that is JSON already.
  void raw(std::string_view json);

  template <typename Value>
  void member(std::string_view name, const Value& what) {
    key(name);
    value(what);
  }

  // Left out when there is nothing to say.

  void if_any(std::string_view name, std::string_view text);
  void if_any(std::string_view name, const std::optional<TimePoint>& time);
  void if_any(std::string_view name, const std::vector<std::string>& texts);

 private:
  void begin(char bracket);
  void separate();

  std::string& out_;
};

}  // namespace acme
