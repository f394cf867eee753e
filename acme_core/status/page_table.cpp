// SPDX-License-Identifier: BSD-2-Clause
// The table of certificates: what is looked for, in which order, a page of it.
#include <algorithm>
#include <array>

#include "acme_core/status/page_parts.h"
#include "acme_core/status/page_words.h"

namespace acme {
namespace {

struct Column {
  SortKey key;
  std::string_view title;
};

constexpr std::array kColumns{
    Column{SortKey::kName, "Name"}, Column{SortKey::kState, "State"},
    Column{SortKey::kIssuer, "Issuer"}, Column{SortKey::kNotAfter, "Expires"},
    Column{SortKey::kRenewAt, "Renewal"}};

void write_option(HtmlText& html, std::string_view value, bool is_chosen,
                  std::string_view words) {
  html.raw("<option value=\"")
      .text(value)
      .raw(is_chosen ? "\" selected>" : "\">")
      .text(words)
      .raw("</option>");
}

void write_state_choice(HtmlText& html, const CertificateQuery& query) {
  html.raw("<label>State <select name=\"state\">");
  write_option(html, "", query.states == 0, "any");
  for (unsigned i = 0; i < 9; ++i) {
    const std::string_view word = to_string(static_cast<CertificateState>(i));
    write_option(html, word, query.states == 1U << i, word);
  }
  html.raw("</select></label>");
}

void write_issuer_choice(HtmlText& html, const PageContext& context) {
  const std::string& chosen = context.query.issuer;
  bool is_listed = chosen.empty();
  html.raw("<label>Issuer <select name=\"issuer\">");
  write_option(html, "", chosen.empty(), "any");
  for (const IssuerStatus& issuer : context.snapshot.issuers) {
    write_option(html, issuer.name, chosen == issuer.name, issuer.name);
    is_listed = is_listed || chosen == issuer.name;
  }
  // That of a static certificate, say.
  if (!is_listed) {
    write_option(html, chosen, true, chosen);
  }
  html.raw("</select></label>");
}

void write_expiry_choice(HtmlText& html, const CertificateQuery& query) {
  struct Choice {
    std::string_view value;
    std::string_view words;
  };
  constexpr std::array kChoices{
      Choice{"7d", "7 days"}, Choice{"14d", "14 days"},
      Choice{"30d", "30 days"}, Choice{"90d", "90 days"}};
  html.raw("<label>Expires within <select name=\"expires_within\">");
  write_option(html, "", !query.expires_within, "any time");
  bool is_listed = !query.expires_within;
  for (const Choice& choice : kChoices) {
    const bool is_chosen = query.expires_within == parse_period(choice.value);
    write_option(html, choice.value, is_chosen, choice.words);
    is_listed = is_listed || is_chosen;
  }
  if (!is_listed) {
    write_option(html, std::to_string(query.expires_within->count()), true,
                 in_words(*query.expires_within));
  }
  html.raw("</select></label>");
}

void write_column_title(HtmlText& html, const PageContext& context,
                        const Column& column) {
  CertificateQuery query = context.query;
  const bool is_sorted = query.sort == column.key;
  const bool is_descending = is_sorted && query.is_descending;
  query.sort = column.key;
  query.is_descending = is_sorted && !is_descending;
  query.page = 1;
  html.raw("<th scope=\"col\"");
  if (is_sorted) {
    html.raw(is_descending ? " aria-sort=\"descending\""
                           : " aria-sort=\"ascending\"");
  }
  html.raw("><a href=\"")
      .raw(page_link(context, query))
      .raw("#certificates\">")
      .raw(column.title)
      .raw("</a></th>");
}

// How much of its lifetime is over, and when it is renewed, as a thin bar.
void write_lifetime(HtmlText& html, const CertificateStatus& certificate,
                    TimePoint now) {
  if (!certificate.not_before || !certificate.not_after ||
      *certificate.not_before >= *certificate.not_after) {
    return;
  }
  const auto percent = [&](TimePoint time) {
    const auto whole = *certificate.not_after - *certificate.not_before;
    return std::to_string(std::clamp<std::int64_t>(
        (time - *certificate.not_before) * 100 / whole, 0, 100));
  };
  html.raw(
          "<svg class=\"life\" viewBox=\"0 0 100 4\" "
          "preserveAspectRatio=\"none\" aria-hidden=\"true\">"
          "<rect class=\"whole\" width=\"100\" height=\"4\"/>"
          "<rect class=\"over\" width=\"")
      .raw(percent(now))
      .raw("\" height=\"4\"/>");
  if (certificate.renew_at) {
    html.raw("<rect class=\"due\" x=\"")
        .raw(percent(*certificate.renew_at))
        .raw("\" width=\"1\" height=\"4\"/>");
  }
  html.raw("</svg>");
}

void write_expiry(HtmlText& html, const CertificateStatus& certificate,
                  TimePoint now) {
  if (!certificate.not_after) {
    html.raw("<span class=\"nothing\">no certificate</span>");
    return;
  }
  write_from_now(html, *certificate.not_after, now);
  write_lifetime(html, certificate, now);
}

void write_renewal(HtmlText& html, const CertificateStatus& certificate,
                   TimePoint now) {
  if (certificate.order) {
    html.text(certificate.order->step)
        .raw("<small>at ")
        .text(certificate.order->issuer)
        .raw("</small>");
  } else if (certificate.next_attempt) {
    html.raw("tried again ");
    write_from_now(html, *certificate.next_attempt, now);
  } else if (certificate.renew_at && *certificate.renew_at <= now) {
    html.raw("due since ");
    html.raw("<time datetime=\"")
        .raw(rfc3339(*certificate.renew_at))
        .raw("\">")
        .raw(in_words(now - *certificate.renew_at))
        .raw("</time>");
  } else if (certificate.renew_at) {
    write_from_now(html, *certificate.renew_at, now);
    if (!certificate.renew_why.empty()) {
      html.raw("<small>").text(certificate.renew_why).raw("</small>");
    }
  } else {
    html.raw("<span class=\"nothing\">")
        .raw(certificate.state == CertificateState::kStatic ? "yours" : "none")
        .raw("</span>");
  }
}

void write_name(HtmlText& html, const CertificateStatus& certificate) {
  html.raw("<th scope=\"row\"><details><summary>")
      .text(certificate.name)
      .raw("</summary></details>");
  const std::size_t others =
      certificate.names.empty() ? 0 : certificate.names.size() - 1;
  html.raw("<small>");
  if (others != 0) {
    html.raw("and ").raw(counted(others, "other name", "other names"));
  }
  if (others != 0 && !certificate.key.empty()) {
    html.raw(" \u00B7 ");
  }
  html.text(certificate.key).raw("</small></th>");
}

}  // namespace

void write_filter(HtmlText& html, const PageContext& context) {
  html.raw("<form method=\"get\" action=\"")
      .text(context.base)
      .raw(
          "#certificates\" role=\"search\" aria-label=\"Certificates\">"
          "<label class=\"search\">Name <input type=\"search\" name=\"name\" "
          "placeholder=\"part of a name, or *.example.com\" "
          "autocomplete=\"off\" spellcheck=\"false\" value=\"")
      .text(context.query.name)
      .raw("\"></label>");
  write_state_choice(html, context.query);
  write_issuer_choice(html, context);
  write_expiry_choice(html, context.query);
  if (context.query.sort != SortKey::kState || context.query.is_descending) {
    html.raw("<input type=\"hidden\" name=\"sort\" value=\"")
        .raw(context.query.is_descending ? "-" : "")
        .raw(to_string(context.query.sort))
        .raw("\">");
  }
  html.raw("<button type=\"submit\">Find</button></form>");
}

void write_table_head(HtmlText& html, const PageContext& context,
                      const Selection& selection) {
  const CertificateQuery& query = context.query;
  const std::size_t first = (query.page - 1) * query.limit;
  html.raw("<p class=\"found\" role=\"status\">");
  if (selection.total == 0) {
    html.raw("No certificate is like that.");
  } else if (selection.page.empty()) {
    html.raw("There are only ")
        .raw(counted(selection.total, "certificate", "certificates"))
        .raw(" like that.");
  } else if (selection.total == selection.page.size()) {
    html.raw(counted(selection.total, "certificate", "certificates"));
  } else {
    html.number(first + 1)
        .raw(" to ")
        .number(first + selection.page.size())
        .raw(" of ")
        .raw(counted(selection.total, "certificate", "certificates"));
  }
  html.raw(
      "</p><table><caption class=\"unseen\">Certificates; open a name for "
      "its details</caption><thead><tr>");
  for (const Column& column : kColumns) {
    write_column_title(html, context, column);
  }
  html.raw("<th scope=\"col\">Last error</th></tr></thead>");
}

void write_row(HtmlText& html, const PageContext& context,
               const CertificateStatus& certificate) {
  const TimePoint now = context.snapshot.taken_at;
  html.raw("<tbody id=\"c-").text(certificate.id).raw("\"><tr class=\"row\">");
  write_name(html, certificate);
  html.raw("<td data-title=\"State\"><div>");
  write_state(html, certificate.state);
  html.raw("</div></td><td data-title=\"Issuer\"><div>")
      .text(issuer_of(certificate));
  if (certificate.is_stand_in) {
    html.raw("<small>a stand-in</small>");
  }
  html.raw("</div></td><td data-title=\"Expires\"><div>");
  write_expiry(html, certificate, now);
  html.raw("</div></td><td data-title=\"Renewal\"><div>");
  write_renewal(html, certificate, now);
  html.raw(certificate.last_error.empty()
               ? "</div></td><td class=\"error\">"
               : "</div></td><td class=\"error\" data-title=\"Last error\">");
  if (!certificate.last_error.empty()) {
    html.raw("<p>").text(certificate.last_error).raw("</p>");
  }
  html.raw("</td></tr><tr class=\"more\"><td colspan=\"6\">");
  write_details(html, context, certificate);
  html.raw("</td></tr></tbody>");
}

void write_pager(HtmlText& html, const PageContext& context,
                 const Selection& selection) {
  const CertificateQuery& query = context.query;
  html.raw("</table>");
  const std::size_t last = std::max<std::size_t>(
      1, (selection.total + query.limit - 1) / query.limit);
  if (last == 1 && query.page == 1) {
    return;
  }
  const auto write_page_link = [&](std::size_t page, std::string_view words,
                                   std::string_view relation) {
    CertificateQuery other = query;
    other.page = page;
    html.raw("<a ")
        .raw(relation)
        .raw(" href=\"")
        .raw(page_link(context, other))
        .raw("#certificates\">")
        .raw(words)
        .raw("</a>");
  };
  html.raw("<nav class=\"pager\" aria-label=\"Pages\">");
  if (query.page > 1) {
    write_page_link(1, "First", "");
    write_page_link(std::min(query.page - 1, last), "Previous", "rel=\"prev\"");
  }
  html.raw("<span aria-current=\"page\">Page ")
      .number(query.page)
      .raw(" of ")
      .number(last)
      .raw("</span>");
  if (query.page < last) {
    write_page_link(query.page + 1, "Next", "rel=\"next\"");
    write_page_link(last, "Last", "");
  }
  html.raw("</nav>");
}

}  // namespace acme
