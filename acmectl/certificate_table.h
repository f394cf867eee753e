// SPDX-License-Identifier: BSD-2-Clause
// Certificates as lines of a terminal: for "list" and "watch".
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "acme_core/status/model.h"

namespace acmectl {

struct TableStyle {
  std::optional<std::size_t> width = 80;  ///< nullopt: as wide as it is
  bool has_colours = false;
  bool is_wide = false;  ///< every name, and dates
};

/// A heading, and one line for each.
[[nodiscard]] std::vector<std::string> certificate_lines(
    const std::vector<acme::CertificateStatus>& certificates,
    acme::TimePoint now, const TableStyle& style);

/// What needs a person, in words and with the cure; empty: nothing does.
[[nodiscard]] std::vector<std::string> attention_lines(
    const std::vector<acme::CertificateStatus>& certificates,
    const TableStyle& style);

/// "12 certificates: 10 valid, 1 renewing, 1 failing".
[[nodiscard]] std::string summary(
    const std::vector<acme::CertificateStatus>& certificates);

}  // namespace acmectl
