// SPDX-License-Identifier: BSD-2-Clause
// JSON appended to a text as it goes.
#include "acme_core/status/json_writer.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "acme_core/json_text.h"

namespace acme {
namespace {

bool is_plain_json(char c) noexcept {
  return c >= ' ' && c < '\x7f' && c != '"' && c != '\\';
}

}  // namespace

void JsonWriter::key(std::string_view name) {
  separate();
  out_.append("\"").append(name).append("\":");
}

void JsonWriter::value(std::string_view text) {
  separate();
  if (std::all_of(text.begin(), text.end(), is_plain_json)) {
    out_.append("\"").append(text).append("\"");
    return;
  }
  out_ += to_text(nlohmann::json(text));
}

void JsonWriter::value(bool flag) { raw(flag ? "true" : "false"); }

void JsonWriter::value(std::int64_t number) { raw(std::to_string(number)); }

void JsonWriter::value(std::uint64_t number) { raw(std::to_string(number)); }

void JsonWriter::value(TimePoint time) {
  separate();
  out_.append("\"").append(rfc3339(time)).append("\"");
}

void JsonWriter::raw(std::string_view json) {
  separate();
  out_ += json;
}

void JsonWriter::if_any(std::string_view name, std::string_view text) {
  if (!text.empty()) {
    member(name, text);
  }
}

void JsonWriter::if_any(std::string_view name,
                        const std::optional<TimePoint>& time) {
  if (time) {
    member(name, *time);
  }
}

void JsonWriter::if_any(std::string_view name,
                        const std::vector<std::string>& texts) {
  if (texts.empty()) {
    return;
  }
  key(name);
  begin_array();
  for (const std::string& text : texts) {
    value(text);
  }
  end_array();
}

void JsonWriter::begin(char bracket) {
  separate();
  out_ += bracket;
}

// What went before says whether a comma is due.
void JsonWriter::separate() {
  constexpr std::string_view kNoCommaAfter = "{[:,";
  if (!out_.empty() &&
      kNoCommaAfter.find(out_.back()) == std::string_view::npos) {
    out_ += ',';
  }
}

}  // namespace acme
