// SPDX-License-Identifier: BSD-2-Clause
// nginx's configuration language. Words are told apart as
// ngx_conf_read_token() does.
#include "acmectl/nginx_conf.h"

#include <fnmatch.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

namespace acmectl {
namespace {

constexpr unsigned kDeepest = 100;
constexpr std::string_view kBlanks = " \t\r\n";

bool is_blank(char c) { return kBlanks.find(c) != std::string_view::npos; }

class ConfReader {
 public:
  explicit ConfReader(std::string_view text) : text_(text) {}

  // Up to the end of the block, or of the file for the outermost.
  std::optional<std::vector<ConfDirective>> read_block(unsigned depth) {
    std::vector<ConfDirective> directives;
    while (skip_to_token()) {
      if (text_[at_] == '}') {
        ++at_;
        return depth == 0 ? std::nullopt : std::optional(std::move(directives));
      }
      std::optional<ConfDirective> directive = read_directive(depth);
      if (!directive) {
        return std::nullopt;
      }
      directives.push_back(std::move(*directive));
    }
    return depth == 0 ? std::optional(std::move(directives)) : std::nullopt;
  }

 private:
  // False at the end of the file.
  bool skip_to_token() {
    while (at_ < text_.size()) {
      if (text_[at_] == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (is_blank(text_[at_])) {
        ++at_;
      } else {
        return true;
      }
    }
    return false;
  }

  std::optional<ConfDirective> read_directive(unsigned depth) {
    std::vector<std::string> words;
    while (skip_to_token()) {
      const char c = text_[at_];
      if (c == ';' || c == '{') {
        ++at_;
        if (words.empty()) {
          return std::nullopt;
        }
        ConfDirective directive{std::move(words.front()), {}, {}};
        directive.arguments.assign(std::make_move_iterator(words.begin() + 1),
                                   std::make_move_iterator(words.end()));
        return c == ';' || read_its_block(directive, depth)
                   ? std::optional(std::move(directive))
                   : std::nullopt;
      }
      std::optional<std::string> word = c == '}' ? std::nullopt : read_word();
      if (!word) {
        return std::nullopt;
      }
      words.push_back(std::move(*word));
    }
    return std::nullopt;
  }

  bool read_its_block(ConfDirective& directive, unsigned depth) {
    if (directive.name.ends_with("_by_lua_block")) {
      return skip_lua();
    }
    if (depth == kDeepest) {
      return false;
    }
    auto block = read_block(depth + 1);
    if (!block) {
      return false;
    }
    directive.block = std::move(*block);
    return true;
  }

  std::optional<std::string> read_word() {
    const char quote = text_[at_] == '"' || text_[at_] == '\'' ? text_[at_] : 0;
    if (quote != 0) {
      ++at_;
    }
    std::string word;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (quote != 0 && c == quote) {
        ++at_;
        return is_after_quotes() ? std::optional(std::move(word))
                                 : std::nullopt;
      }
      if (quote == 0 && (is_blank(c) || c == ';' || c == '{')) {
        return word;
      }
      if (c == '\\') {
        add_escaped(word);
      } else if (c == '$' && text_.substr(at_ + 1).starts_with('{')) {
        word += "${";  // the brace opens no block
        at_ += 2;
      } else {
        word += c;
        ++at_;
      }
    }
    return std::nullopt;
  }

  bool is_after_quotes() const {
    return at_ == text_.size() || is_blank(text_[at_]) || text_[at_] == ';' ||
           text_[at_] == '{' || text_[at_] == ')';
  }

  void add_escaped(std::string& word) {
    const char next = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    at_ += at_ + 1 < text_.size() ? 2 : 1;
    switch (next) {
      case '"':
      case '\'':
      case '\\':
        word += next;
        break;
      case 't':
        word += '\t';
        break;
      case 'r':
        word += '\r';
        break;
      case 'n':
        word += '\n';
        break;
      case '\0':
        word += '\\';
        break;
      default:
        word.append(1, '\\').append(1, next);
    }
  }

  // Behind the brace that closes the block: not one in a text or a comment.
  bool skip_lua() {
    unsigned open = 1;
    while (at_ < text_.size() && open > 0) {
      const char c = text_[at_];
      if (text_.substr(at_).starts_with("--")) {
        at_ += 2;
        if (!skip_long_bracket()) {
          at_ = std::min(text_.find('\n', at_), text_.size());
        }
      } else if (c == '"' || c == '\'') {
        skip_lua_string(c);
      } else if (c != '[' || !skip_long_bracket()) {
        open += c == '{' ? 1 : 0;
        open -= c == '}' ? 1 : 0;
        ++at_;
      }
    }
    return open == 0;
  }

  void skip_lua_string(char quote) {
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
      at_ += text_[at_] == '\\' ? 1 : 0;
    }
    at_ = std::min(at_ + 1, text_.size());
  }

  // "[[ … ]]", "[==[ … ]==]". False when there is none here.
  bool skip_long_bracket() {
    const std::string_view rest = text_.substr(at_);
    if (!rest.starts_with('[')) {
      return false;
    }
    const std::size_t level = rest.find_first_not_of('=', 1);
    if (level == std::string_view::npos || rest[level] != '[') {
      return false;
    }
    const std::string closing = "]" + std::string(level - 1, '=') + "]";
    const std::size_t end = rest.find(closing, level);
    at_ = end == std::string_view::npos ? text_.size()
                                        : at_ + end + closing.size();
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

// Replaces "include" by what it stands for. Files of a dump were read already:
// a pattern of "include" meets those among them that it names.
class IncludeResolver {
 public:
  explicit IncludeResolver(const ConfDump& dump) : dump_(dump) {
    const std::size_t slash = dump.main_file.rfind('/');
    folder_ = slash == std::string::npos ? std::string()
                                         : dump.main_file.substr(0, slash + 1);
  }

  std::optional<std::vector<ConfDirective>> read(const std::string& file,
                                                 unsigned depth) {
    auto directives = parse_conf(dump_.files.at(file));
    std::vector<ConfDirective> result;
    if (!directives || !resolve(std::move(*directives), result, depth)) {
      return std::nullopt;
    }
    return result;
  }

 private:
  bool resolve(std::vector<ConfDirective> from, std::vector<ConfDirective>& to,
               unsigned depth) {
    if (depth > kDeepest) {
      return false;
    }
    for (ConfDirective& directive : from) {
      if (directive.name == "include" && directive.arguments.size() == 1) {
        if (!add_included(directive.arguments.front(), to, depth)) {
          return false;
        }
        continue;
      }
      std::vector<ConfDirective> block = std::exchange(directive.block, {});
      if (!resolve(std::move(block), directive.block, depth + 1)) {
        return false;
      }
      to.push_back(std::move(directive));
    }
    return true;
  }

  bool add_included(const std::string& pattern, std::vector<ConfDirective>& to,
                    unsigned depth) {
    const std::string path =
        pattern.starts_with('/') ? pattern : folder_ + pattern;
    for (const auto& [file, text] : dump_.files) {
      if (file != path &&
          fnmatch(path.c_str(), file.c_str(), FNM_PATHNAME | FNM_PERIOD) != 0) {
        continue;
      }
      auto included = read(file, depth + 1);
      if (!included) {
        return false;
      }
      to.insert(to.end(), std::make_move_iterator(included->begin()),
                std::make_move_iterator(included->end()));
    }
    return true;
  }

  const ConfDump& dump_;
  std::string folder_;
};

}  // namespace

std::optional<std::vector<ConfDirective>> parse_conf(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) {
    text.remove_prefix(3);
  }
  return ConfReader(text).read_block(0);
}

ConfDump split_dump(std::string_view output) {
  constexpr std::string_view kHead = "# configuration file ";
  ConfDump dump;
  std::string* current = nullptr;
  while (!output.empty()) {
    const std::size_t end = std::min(output.find('\n'), output.size() - 1);
    const std::string_view line = output.substr(0, end + 1);
    output.remove_prefix(end + 1);
    if (line.starts_with(kHead) && line.ends_with(":\n")) {
      const std::string file(
          line.substr(kHead.size(), line.size() - kHead.size() - 2));
      if (dump.main_file.empty()) {
        dump.main_file = file;
      }
      current = &dump.files[file];
    } else if (current != nullptr) {
      *current += line;
    }
  }
  return dump;
}

std::optional<std::vector<ConfDirective>> parse_dump(const ConfDump& dump) {
  if (dump.files.empty()) {
    return std::nullopt;
  }
  return IncludeResolver(dump).read(dump.main_file, 0);
}

}  // namespace acmectl
