// SPDX-License-Identifier: BSD-2-Clause
// Tables for people: columns that give way until the table fits the terminal.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace acmectl {

enum class Colour { kNone, kBold, kDim, kGreen, kYellow, kRed, kBlue };

/// `text` between the escape sequences of a colour.
[[nodiscard]] std::string coloured(std::string_view text, Colour colour);

struct Column {
  std::string title;
  /// Columns of the terminal that it keeps at least when others need room;
  /// nullopt: it is never cut.
  std::optional<std::size_t> least = std::nullopt;
  /// Who goes first where even that is too much; 0: it stays.
  unsigned expendable = 0;
};

struct Cell {
  std::string text;  ///< printable
  Colour colour = Colour::kNone;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// As many cells as columns.
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  [[nodiscard]] std::size_t rows() const noexcept { return rows_.size(); }

  /// The heading and each row as one line of at most `width` columns, without
  /// blanks at its end. nullopt: as wide as it is.
  [[nodiscard]] std::vector<std::string> lines(std::optional<std::size_t> width,
                                               bool has_colours) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace acmectl
