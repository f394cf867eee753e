// SPDX-License-Identifier: BSD-2-Clause
// Reading Link fields.
#include "acme_core/protocol/link_header.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "acme_core/ascii.h"
#include "acme_core/protocol/url_reference.h"

namespace acme {
namespace {

// More are of no use to anybody.
constexpr std::size_t kMostTargets = 16;
constexpr std::string_view kBlanks = " \t";

struct Link {
  std::string_view target;
  std::string relations;  // separated by blanks
};

// Takes a field's links from its front (RFC 8288 section 3 and appendix B.2).
class LinkScanner {
 public:
  explicit LinkScanner(std::string_view field) : rest_(field) {}

  // The next link; nullopt at the end, or where the field is malformed.
  std::optional<Link> next() {
    skip(" \t,");
    const std::size_t end = rest_.find('>');
    if (!rest_.starts_with('<') || end == std::string_view::npos) {
      return std::nullopt;
    }
    Link link{rest_.substr(1, end - 1), {}};
    rest_.remove_prefix(end + 1);
    bool has_relations = false;
    for (skip(kBlanks); rest_.starts_with(';'); skip(kBlanks)) {
      rest_.remove_prefix(1);
      auto [name, value] = parameter();
      // A second "rel" does not count (section 3.3).
      if (equal_without_case(name, "rel") &&
          !std::exchange(has_relations, true)) {
        link.relations = std::move(value);
      }
    }
    if (!rest_.empty() && rest_.front() != ',') {
      return std::nullopt;
    }
    return link;
  }

 private:
  void skip(std::string_view characters) {
    rest_.remove_prefix(
        std::min(rest_.find_first_not_of(characters), rest_.size()));
  }

  std::string_view take_until(std::string_view characters) {
    const std::string_view taken =
        rest_.substr(0, rest_.find_first_of(characters));
    rest_.remove_prefix(taken.size());
    return taken;
  }

  std::pair<std::string_view, std::string> parameter() {
    skip(kBlanks);
    const std::string_view name = take_until("=;, \t");
    skip(kBlanks);
    if (!rest_.starts_with('=')) {
      return {name, {}};
    }
    rest_.remove_prefix(1);
    skip(kBlanks);
    return {name, rest_.starts_with('"') ? quoted()
                                         : std::string(take_until(";, \t"))};
  }

  // A quoted-string (RFC 9110 section 5.6.4); one without an end takes all.
  std::string quoted() {
    std::string value;
    std::size_t i = 1;
    for (; i < rest_.size() && rest_[i] != '"'; ++i) {
      if (rest_[i] == '\\' && i + 1 < rest_.size()) {
        ++i;
      }
      value += rest_[i];
    }
    rest_.remove_prefix(std::min(i + 1, rest_.size()));
    return value;
  }

  std::string_view rest_;
};

bool has_relation(std::string_view relations, std::string_view wanted) {
  while (!relations.empty()) {
    const std::string_view relation =
        relations.substr(0, relations.find_first_of(kBlanks));
    if (equal_without_case(relation, wanted)) {
      return true;
    }
    relations.remove_prefix(std::min(relation.size() + 1, relations.size()));
  }
  return false;
}

}  // namespace

std::vector<std::string> link_targets(const HttpResponse& response,
                                      std::string_view relation,
                                      std::string_view request_url) {
  std::vector<std::string> targets;
  const auto [begin, end] = response.headers.equal_range("link");
  for (auto field = begin; field != end; ++field) {
    LinkScanner scanner(field->second);
    while (const auto link = scanner.next()) {
      auto target = has_relation(link->relations, relation)
                        ? resolve_reference(link->target, request_url)
                        : std::nullopt;
      if (target && targets.size() < kMostTargets &&
          std::find(targets.begin(), targets.end(), *target) == targets.end()) {
        targets.push_back(std::move(*target));
      }
    }
  }
  return targets;
}

}  // namespace acme
