// SPDX-License-Identifier: BSD-2-Clause
// Which certificates a query is about, in order, a page of them at a time.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "acme_core/status/model.h"
#include "acme_core/status/status_query.h"

namespace acme {

struct Selection {
  std::size_t total = 0;  ///< that match, on all pages
  std::vector<const CertificateStatus*> page;
  bool has_more = false;
  /// `after` names no certificate: the page is empty.
  bool is_lost = false;
};

/// How much a state needs a person: the largest first when sorted by state.
[[nodiscard]] unsigned urgency(CertificateState state) noexcept;

/// The page behind `after`.
[[nodiscard]] Selection select_after(const StatusSnapshot& snapshot,
                                     const CertificateQuery& query);

/// The page of that number; empty when there are fewer.
[[nodiscard]] Selection select_page(const StatusSnapshot& snapshot,
                                    const CertificateQuery& query);

/// Those with that ID, or else with that first name.
[[nodiscard]] std::vector<const CertificateStatus*> find_certificates(
    const StatusSnapshot& snapshot, std::string_view id);

/// Who issued it, or else who is asked first.
[[nodiscard]] std::string_view issuer_of(
    const CertificateStatus& certificate) noexcept;

}  // namespace acme
