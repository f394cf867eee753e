// SPDX-License-Identifier: BSD-2-Clause
// Tables for people.
#include "acmectl/table.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "acmectl/text_width.h"

namespace acmectl {
namespace {

constexpr std::size_t kColumnGap = 2;

const char* escape_sequence(Colour colour) {
  switch (colour) {
    case Colour::kBold:
      return "\033[1m";
    case Colour::kDim:
      return "\033[2m";
    case Colour::kGreen:
      return "\033[32m";
    case Colour::kYellow:
      return "\033[33m";
    case Colour::kRed:
      return "\033[31m";
    case Colour::kBlue:
      return "\033[34m";
    case Colour::kNone:
      break;
  }
  return "";
}

// A column that is there, and the room it has.
struct Place {
  std::size_t column = 0;
  std::size_t width = 0;
};

std::size_t total(const std::vector<Place>& places) {
  return std::accumulate(places.begin(), places.end(), std::size_t{0},
                         [](std::size_t sum, const Place& place) {
                           return sum + place.width;
                         }) +
         kColumnGap * (places.empty() ? 0 : places.size() - 1);
}

// The widest of those that can be cut gives way first. False: none is left.
bool narrow(std::vector<Place>& places, const std::vector<Column>& columns) {
  Place* widest = nullptr;
  for (Place& place : places) {
    const auto least = columns[place.column].least;
    if (least && place.width > *least &&
        (widest == nullptr || place.width > widest->width)) {
      widest = &place;
    }
  }
  if (widest != nullptr) {
    --widest->width;
  }
  return widest != nullptr;
}

// False: all that are left have to stay.
bool drop(std::vector<Place>& places, const std::vector<Column>& columns) {
  const auto first = std::max_element(
      places.begin(), places.end(), [&](const Place& a, const Place& b) {
        return columns[a.column].expendable < columns[b.column].expendable;
      });
  if (first == places.end() || columns[first->column].expendable == 0) {
    return false;
  }
  places.erase(first);
  return true;
}

std::size_t least_total(const std::vector<Place>& places,
                        const std::vector<Column>& columns) {
  std::vector<Place> narrowest = places;
  for (Place& place : narrowest) {
    place.width = std::min(place.width,
                           columns[place.column].least.value_or(place.width));
  }
  return total(narrowest);
}

void fit(std::vector<Place>& places, const std::vector<Column>& columns,
         std::size_t width) {
  while (least_total(places, columns) > width && drop(places, columns)) {
  }
  while (total(places) > width && narrow(places, columns)) {
  }
  // A terminal that is narrower than anybody thought of.
  const std::vector<Column> anything_goes(columns.size(), Column{"", 1});
  while (total(places) > width && narrow(places, anything_goes)) {
  }
}

std::string line_of(const std::vector<Place>& places,
                    const std::vector<Cell>& row, bool has_colours) {
  std::string line;
  std::size_t blanks = 0;
  for (const Place& place : places) {
    const Cell& cell = row[place.column];
    const std::string text = fitted(cell.text, place.width);
    if (!text.empty()) {
      line.append(blanks, ' ')
          .append(has_colours ? coloured(text, cell.colour) : text);
      blanks = 0;
    }
    blanks += place.width - text_width(text) + kColumnGap;
  }
  return line;
}

}  // namespace

std::string coloured(std::string_view text, Colour colour) {
  return colour == Colour::kNone
             ? std::string(text)
             : escape_sequence(colour) + std::string(text) + "\033[0m";
}

std::vector<std::string> Table::lines(std::optional<std::size_t> width,
                                      bool has_colours) const {
  std::vector<Place> places;
  std::vector<Cell> heading;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    heading.push_back({columns_[i].title, Colour::kBold});
    Place place{i, text_width(columns_[i].title)};
    for (const std::vector<Cell>& row : rows_) {
      place.width = std::max(place.width, text_width(row[i].text));
    }
    places.push_back(place);
  }
  if (width) {
    fit(places, columns_, *width);
  }
  std::vector<std::string> lines{line_of(places, heading, has_colours)};
  for (const std::vector<Cell>& row : rows_) {
    lines.push_back(line_of(places, row, has_colours));
  }
  return lines;
}

}  // namespace acmectl
