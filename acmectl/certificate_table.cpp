// SPDX-License-Identifier: BSD-2-Clause
// Certificates as lines of a terminal.
#include "acmectl/certificate_table.h"

#include <map>

#include "acme_core/listed.h"
#include "acmectl/table.h"
#include "acmectl/text_width.h"
#include "acmectl/words.h"

namespace acmectl {
namespace {

using acme::CertificateStatus;

// Most names are no longer.
constexpr std::size_t kEnoughForNames = 24;
constexpr std::size_t kEnoughForIssuers = 8;
constexpr std::size_t kUnlimited = 10'000;

Cell name_cell(const CertificateStatus& status) {
  const std::size_t more = status.names.size();
  return {status.name +
          (more > 1 ? " +" + std::to_string(more - 1) : std::string())};
}

Cell state_cell(const CertificateStatus& status) {
  return {std::string(to_string(status.state)), colour_of(status.state)};
}

// The CA's own names of issuers have spaces and are long; ours come first.
Cell issuer_cell(const CertificateStatus& status) {
  return {status.issuer.empty() && !status.issuers.empty()
              ? status.issuers.front()
              : status.issuer};
}

Table narrow_table(const std::vector<CertificateStatus>& certificates,
                   acme::TimePoint now) {
  Table table({{"NAME", kEnoughForNames},
               {"STATE"},
               {"EXPIRES"},
               {"ISSUER", kEnoughForIssuers, 1},
               {"RENEWAL", std::nullopt, 2},
               {"KEY", std::nullopt, 3}});
  for (const CertificateStatus& each : certificates) {
    table.add({name_cell(each),
               state_cell(each),
               {when(each.not_after, now)},
               issuer_cell(each),
               {when(each.renew_at, now), Colour::kDim},
               {each.key, Colour::kDim}});
  }
  return table;
}

Table wide_table(const std::vector<CertificateStatus>& certificates,
                 acme::TimePoint now) {
  Table table({{"NAMES"},
               {"STATE"},
               {"EXPIRES"},
               {""},
               {"ISSUER"},
               {"RENEWAL"},
               {"NEXT ATTEMPT"},
               {"KEY"},
               {"SERIAL"},
               {"ID"},
               {"REASON"}});
  for (const CertificateStatus& each : certificates) {
    table.add({{each.names.empty() ? each.name
                                   : acme::listed(each.names, kUnlimited)},
               state_cell(each),
               {date(each.not_after)},
               {when(each.not_after, now)},
               issuer_cell(each),
               {date(each.renew_at)},
               {when(each.next_attempt, now)},
               {each.key},
               {each.serial},
               {each.id},
               {each.reason}});
  }
  return table;
}

void add_wrapped(std::vector<std::string>& lines, const std::string& indent,
                 const std::string& text, const TableStyle& style) {
  const std::size_t width = style.width.value_or(kUnlimited);
  for (const std::string& line :
       wrapped(text, width > indent.size() ? width - indent.size() : 1)) {
    lines.push_back(indent + line);
  }
}

}  // namespace

std::vector<std::string> certificate_lines(
    const std::vector<CertificateStatus>& certificates, acme::TimePoint now,
    const TableStyle& style) {
  return style.is_wide ? wide_table(certificates, now)
                             .lines(std::nullopt, style.has_colours)
                       : narrow_table(certificates, now)
                             .lines(style.width, style.has_colours);
}

std::vector<std::string> attention_lines(
    const std::vector<CertificateStatus>& certificates,
    const TableStyle& style) {
  std::vector<std::string> lines;
  for (const CertificateStatus& each : certificates) {
    if (each.cure.empty()) {
      continue;
    }
    add_wrapped(lines, "", each.name + ": " + each.reason, style);
    add_wrapped(lines, "  ", each.cure, style);
  }
  if (!lines.empty()) {
    const std::string head = "Needs a person:";
    lines.insert(lines.begin(),
                 style.has_colours ? coloured(head, Colour::kBold) : head);
  }
  return lines;
}

std::string summary(const std::vector<CertificateStatus>& certificates) {
  std::map<acme::CertificateState, std::size_t> counts;
  for (const CertificateStatus& each : certificates) {
    ++counts[each.state];
  }
  std::string text = counted(certificates.size(), "certificate");
  const char* separator = ": ";
  for (const auto& [state, count] : counts) {
    text.append(separator)
        .append(std::to_string(count) + " ")
        .append(to_string(state));
    separator = ", ";
  }
  return text;
}

}  // namespace acmectl
