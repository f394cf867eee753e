// SPDX-License-Identifier: BSD-2-Clause
// The parts of the page for a person, each a bounded piece of work.
#pragma once

#include <string>
#include <string_view>

#include "acme_core/status/html_text.h"
#include "acme_core/status/model.h"
#include "acme_core/status/selection.h"
#include "acme_core/status/status_query.h"

namespace acme {

/// What every part of one page is made from.
struct PageContext {
  const StatusSnapshot& snapshot;
  const CertificateQuery& query;
  std::string_view base;  ///< in front of every link
  bool is_writable = false;
};

/// "BASE?FILTERS", escaped, for an attribute; `page` 1 is left out.
[[nodiscard]] std::string page_link(const PageContext& context,
                                    const CertificateQuery& query);

void write_attention(HtmlText& html, const PageContext& context);
void write_numbers(HtmlText& html, const PageContext& context);
void write_timeline(HtmlText& html, const PageContext& context);
void write_filter(HtmlText& html, const PageContext& context);
void write_table_head(HtmlText& html, const PageContext& context,
                      const Selection& selection);
void write_row(HtmlText& html, const PageContext& context,
               const CertificateStatus& certificate);
void write_details(HtmlText& html, const PageContext& context,
                   const CertificateStatus& certificate);
void write_pager(HtmlText& html, const PageContext& context,
                 const Selection& selection);
void write_issuers(HtmlText& html, const PageContext& context);
void write_process(HtmlText& html, const PageContext& context);

}  // namespace acme
