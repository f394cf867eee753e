// SPDX-License-Identifier: BSD-2-Clause
// The top of the page: what needs a person, and how many certificates are in
// which state.
#include <algorithm>
#include <array>

#include "acme_core/status/attention.h"
#include "acme_core/status/page_parts.h"
#include "acme_core/status/page_words.h"

namespace acme {
namespace {

// More would hide the table; the states' numbers lead to all of them.
constexpr std::size_t kMostMatters = 12;

CertificateQuery only(CertificateState state) {
  CertificateQuery query;
  query.states = 1U << static_cast<unsigned>(state);
  return query;
}

void write_links(HtmlText& html, const PageContext& context,
                 const Matter& matter) {
  html.raw("<ul class=\"names\">");
  for (const CertificateStatus* each : matter.certificates) {
    CertificateQuery query;
    query.name = each->name;
    html.raw("<li><a href=\"")
        .raw(page_link(context, query))
        .raw("#certificates\">")
        .text(each->name)
        .raw("</a></li>");
  }
  if (matter.count > matter.certificates.size()) {
    html.raw("<li><a href=\"")
        .raw(page_link(context, only(matter.state)))
        .raw("#certificates\">and ")
        .number(matter.count - matter.certificates.size())
        .raw(" more</a></li>");
  }
  html.raw("</ul>");
}

void write_matter(HtmlText& html, const PageContext& context,
                  const Matter& matter) {
  html.raw("<li class=\"matter is-")
      .raw(matter.count == 0 ? "expired" : to_string(matter.state))
      .raw("\"><h3>");
  if (matter.count == 1) {
    CertificateQuery query;
    query.name = matter.certificates.front()->name;
    html.raw("<a href=\"")
        .raw(page_link(context, query))
        .raw("#certificates\">")
        .text(matter.title)
        .raw("</a>");
  } else {
    html.text(matter.title);
  }
  html.raw("</h3>");
  if (!matter.reason.empty()) {
    html.raw("<p class=\"why\">");
    if (matter.count > 1) {
      html.raw("For example ")
          .text(matter.certificates.front()->name)
          .raw(": ");
    }
    html.text(matter.reason).raw("</p>");
  }
  html.raw("<p class=\"cure\"><b>What to do:</b> ")
      .text(matter.cure)
      .raw("</p>");
  if (matter.count > 1) {
    write_links(html, context, matter);
  }
  html.raw("</li>");
}

// What happens next by itself, for when there is nothing to worry about.
void write_calm(HtmlText& html, const StatusSnapshot& snapshot) {
  const CertificateStatus* next = nullptr;
  for (const CertificateStatus& each : snapshot.certificates) {
    if (each.renew_at && *each.renew_at > snapshot.taken_at &&
        (next == nullptr || *each.renew_at < *next->renew_at)) {
      next = &each;
    }
  }
  html.raw(
      "<p class=\"calm\"><span class=\"sign\" aria-hidden=\"true\">"
      "\u2713</span><span><b>Nothing needs you.</b> ");
  if (next != nullptr) {
    html.raw("The next renewal is that of ").text(next->name).raw(", ");
    write_from_now(html, *next->renew_at, snapshot.taken_at);
    html.raw(".");
  }
  html.raw("</span></p>");
}

}  // namespace

std::string page_link(const PageContext& context,
                      const CertificateQuery& query) {
  std::string link(context.base);
  std::string filters = query.filters();
  if (query.page > 1) {
    filters.append(filters.empty() ? "" : "&")
        .append("page=")
        .append(std::to_string(query.page));
  }
  link.append(filters.empty() ? "" : "?").append(filters);
  std::string escaped;
  HtmlText(escaped).text(link);
  return escaped;
}

void write_attention(HtmlText& html, const PageContext& context) {
  const auto matters = what_needs_a_person(context.snapshot);
  html.raw("<section id=\"attention\" aria-labelledby=\"attention-title\">");
  if (matters.empty()) {
    html.raw("<h2 id=\"attention-title\" class=\"unseen\">What needs you</h2>");
    write_calm(html, context.snapshot);
  } else {
    html.raw(
        "<h2 id=\"attention-title\">What needs you</h2>"
        "<ul class=\"matters\">");
    const std::size_t shown = std::min(matters.size(), kMostMatters);
    for (std::size_t i = 0; i < shown; ++i) {
      write_matter(html, context, matters[i]);
    }
    html.raw("</ul>");
    if (shown < matters.size()) {
      html.raw("<p>And ")
          .raw(counted(matters.size() - shown, "matter", "matters"))
          .raw(" more: sort the certificates by state.</p>");
    }
  }
  html.raw("</section>");
}

void write_numbers(HtmlText& html, const PageContext& context) {
  std::array<std::size_t, 9> counts{};
  for (const CertificateStatus& each : context.snapshot.certificates) {
    ++counts[static_cast<std::size_t>(each.state)];
  }
  html.raw("<nav id=\"numbers\" aria-label=\"Certificates by state\"><ul>");
  CertificateQuery all;
  html.raw("<li><a href=\"")
      .raw(page_link(context, all))
      .raw("\"><b>")
      .number(context.snapshot.certificates.size())
      .raw("</b> <span class=\"state\">all</span></a></li>");
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto state = static_cast<CertificateState>(i);
    if (counts[i] == 0 && state != CertificateState::kValid) {
      continue;
    }
    const CertificateQuery query = only(state);
    html.raw("<li><a href=\"").raw(page_link(context, query)).raw("\"");
    if (context.query.states == query.states) {
      html.raw(" aria-current=\"true\"");
    }
    html.raw("><b>").number(counts[i]).raw("</b> ");
    write_state(html, state);
    html.raw("</a></li>");
  }
  html.raw("</ul></nav>");
}

}  // namespace acme
