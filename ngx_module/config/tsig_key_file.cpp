// SPDX-License-Identifier: BSD-2-Clause
// Reading TSIG keys.
#include "ngx_module/config/tsig_key_file.h"

#include <algorithm>

#include "acme_core/ascii.h"

namespace ngx_acme {
namespace {

bool is_space(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Words, quoted strings (without their quotes), and each of "{};" by itself.
class Tokens {
 public:
  explicit Tokens(std::string_view text) : rest_(text) {}

  /// Empty at the end, and where no token can be read.
  [[nodiscard]] std::string_view next() {
    if (!skip_space() || rest_.empty()) {
      return {};
    }
    if (rest_.front() == '"') {
      return quoted();
    }
    if (is_punctuation(rest_.front())) {
      return take(1);
    }
    const auto end = std::find_if(rest_.begin(), rest_.end(), [](char c) {
      return is_space(c) || is_punctuation(c) || c == '"';
    });
    return take(static_cast<std::size_t>(end - rest_.begin()));
  }

  [[nodiscard]] bool is_at_end() { return skip_space() && rest_.empty(); }

 private:
  static bool is_punctuation(char c) noexcept {
    return c == '{' || c == '}' || c == ';';
  }

  std::string_view take(std::size_t size) {
    const std::string_view token = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return token;
  }

  std::string_view quoted() {
    const std::size_t end = rest_.find('"', 1);
    if (end == std::string_view::npos) {
      return {};
    }
    const std::string_view token = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return token;
  }

  // False for a comment without an end.
  bool skip_space() {
    for (;;) {
      while (!rest_.empty() && is_space(rest_.front())) {
        rest_.remove_prefix(1);
      }
      if (rest_.starts_with('#') || rest_.starts_with("//")) {
        rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
      } else if (rest_.starts_with("/*")) {
        const std::size_t end = rest_.find("*/", 2);
        if (end == std::string_view::npos) {
          return false;
        }
        rest_.remove_prefix(end + 2);
      } else {
        return true;
      }
    }
  }

  std::string_view rest_;
};

// `name { algorithm …; secret …; };`, behind the word "key".
std::optional<TsigKeyEntry> parse_key(Tokens& tokens) {
  TsigKeyEntry key;
  key.name = canonical_key_name(tokens.next());
  if (key.name.empty() || tokens.next() != "{") {
    return std::nullopt;
  }
  for (std::string_view word = tokens.next(); word != "}";
       word = tokens.next()) {
    const std::string_view value = tokens.next();
    if (word == "algorithm") {
      key.algorithm = canonical_key_name(value);
    } else if (word == "secret") {
      key.secret.assign(value.begin(), value.end());
    } else {
      return std::nullopt;
    }
    if (tokens.next() != ";") {
      return std::nullopt;
    }
  }
  if (key.algorithm.empty() || key.secret.empty() || tokens.next() != ";") {
    return std::nullopt;
  }
  return key;
}

}  // namespace

std::string canonical_key_name(std::string_view name) {
  if (name.ends_with('.')) {
    name.remove_suffix(1);
  }
  return acme::lowered(name);
}

std::optional<std::vector<TsigKeyEntry>> parse_tsig_keys(
    std::string_view text) {
  std::vector<TsigKeyEntry> keys;
  Tokens tokens(text);
  while (!tokens.is_at_end()) {
    if (tokens.next() != "key") {
      return std::nullopt;
    }
    auto key = parse_key(tokens);
    if (!key) {
      return std::nullopt;
    }
    keys.push_back(std::move(*key));
  }
  return keys;
}

}  // namespace ngx_acme
