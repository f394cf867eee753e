// SPDX-License-Identifier: BSD-2-Clause
// One thing and what is known of it.
#include "acmectl/facts.h"

#include <algorithm>
#include <utility>

#include "acmectl/table.h"
#include "acmectl/text_width.h"

namespace acmectl {
namespace {

constexpr std::size_t kIndent = 2;
constexpr std::size_t kGap = 2;
constexpr std::size_t kLeastForValues = 10;

}  // namespace

void Facts::section(std::string_view title) {
  facts_.push_back({std::string(title), {}, true});
}

void Facts::add(std::string_view label, std::string value) {
  if (!value.empty()) {
    facts_.push_back({std::string(label), {std::move(value)}});
  }
}

void Facts::add(std::string_view label,
                const std::vector<std::string>& values) {
  if (!values.empty()) {
    facts_.push_back({std::string(label), values});
  }
}

void Facts::print(const Screen& screen) const {
  std::size_t labels = 0;
  for (const Fact& fact : facts_) {
    labels = std::max(labels, fact.is_section ? 0 : text_width(fact.label));
  }
  const std::size_t left = kIndent + labels + kGap;
  const std::size_t room = screen.width > left + kLeastForValues
                               ? screen.width - left
                               : kLeastForValues;
  const auto styled = [&](const std::string& text, Colour colour) {
    return screen.has_colours ? coloured(text, colour) : text;
  };
  for (std::size_t i = 0; i < facts_.size(); ++i) {
    const Fact& fact = facts_[i];
    if (fact.is_section) {
      // One that nothing follows says nothing.
      if (i + 1 < facts_.size() && !facts_[i + 1].is_section) {
        screen.out << (i == 0 ? "" : "\n") << styled(fact.label, Colour::kBold)
                   << '\n';
      }
      continue;
    }
    std::string margin =
        std::string(kIndent, ' ') + styled(fact.label, Colour::kDim) +
        std::string(left - kIndent - text_width(fact.label), ' ');
    for (const std::string& value : fact.values) {
      // Where nobody looks, a value stays in one piece.
      const auto lines = screen.is_terminal ? wrapped(value, room)
                                            : std::vector<std::string>{value};
      for (const std::string& line : lines) {
        screen.out << margin << line << '\n';
        margin.assign(left, ' ');
      }
    }
  }
}

}  // namespace acmectl
