// SPDX-License-Identifier: BSD-2-Clause
// The status for a person.
#include "acme_core/status/page_face.h"

#include <algorithm>
#include <string>
#include <utility>

#include "acme_core/crypto/base64url.h"
#include "acme_core/crypto/digest.h"
#include "acme_core/status/attention.h"
#include "acme_core/status/page_parts.h"
#include "acme_core/status/page_words.h"
#include "acme_core/status/problem_document.h"

namespace acme {
namespace {

// Rows are some kilobytes each, with all their details.
constexpr std::size_t kRowsAtOnce = 50;

// As policies have it: base64 with padding (CSP level 3 section 2.3.1).
std::string source_of(std::string_view text) {
  std::string encoded = base64url_encode(sha256(text));
  std::replace(encoded.begin(), encoded.end(), '-', '+');
  std::replace(encoded.begin(), encoded.end(), '_', '/');
  encoded.append((4 - encoded.size() % 4) % 4, '=');
  return "'sha256-" + encoded + "'";
}

// A drawing of a lock, so that browsers ask for no icon.
constexpr std::string_view kIcon =
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 "
    "16 16'%3E%3Cpath fill='%230b6e69' d='M3 7h10v8H3zM5 7V5a3 3 0 0 1 6 0v2H9."
    "5V5a1.5 1.5 0 0 0-3 0v2z'/%3E%3C/svg%3E";

void write_head(HtmlText& html) {
  html.raw(
          "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">"
          "<title>Certificates</title>"
          "<meta name=\"viewport\" content=\"width=device-width, "
          "initial-scale=1\"><meta name=\"color-scheme\" content=\"light "
          "dark\"><meta name=\"robots\" content=\"noindex\">"
          "<link rel=\"icon\" href=\"")
      .raw(kIcon)
      .raw("\"><style>")
      .raw(kPageStyle)
      .raw(
          "</style></head><body>"
          "<a class=\"skip\" href=\"#certificates\">To the certificates</a>");
}

void write_header(HtmlText& html, const PageContext& context) {
  html.raw("<header><h1>Certificates</h1><p>nginx ")
      .text(context.snapshot.process.nginx_version)
      .raw(
          " with ACME</p><p class=\"needs-js live\"><label><input "
          "type=\"checkbox\" id=\"live\" checked> Live<span id=\"lost\" "
          "role=\"status\"></span></label></p></header>"
          "<main><noscript><p class=\"aside\">Without JavaScript the page "
          "stays as it is until you load it again");
  if (context.is_writable) {
    html.raw(", and commands are given with <code>acmectl</code>");
  }
  html.raw(".</p></noscript><p id=\"told\" role=\"status\"></p>");
}

void write_foot(HtmlText& html, const PageContext& context) {
  html.raw("</main><footer><nav aria-label=\"Other forms\"><a href=\"")
      .text(context.base)
      .raw("1/certificates\">JSON</a> <a href=\"")
      .text(context.base)
      .raw("1/events\">Events</a> <a href=\"")
      .text(context.base)
      .raw("metrics\">Metrics</a></nav></footer><script>")
      .raw(kPageScript)
      .raw("</script></body></html>\n");
}

class PageBody {
 public:
  PageBody(std::shared_ptr<const StatusSnapshot> snapshot,
           CertificateQuery query, std::string base, bool is_writable)
      : snapshot_(std::move(snapshot)),
        query_(std::move(query)),
        base_(std::move(base)),
        is_writable_(is_writable) {}

  bool operator()(std::string& out) {
    HtmlText html(out);
    const PageContext context{*snapshot_, query_, base_, is_writable_};
    switch (part_) {
      case Part::kTop:
        write_head(html);
        write_header(html, context);
        write_attention(html, context);
        part_ = Part::kOverview;
        return true;
      case Part::kOverview:
        write_numbers(html, context);
        write_timeline(html, context);
        part_ = Part::kTable;
        return true;
      case Part::kTable:
        begin_table(html, context);
        part_ = Part::kRows;
        return true;
      case Part::kRows:
        write_rows(html, context);
        return true;
      case Part::kFoot:
        write_issuers(html, context);
        write_process(html, context);
        write_foot(html, context);
        return false;
    }
    return false;
  }

 private:
  enum class Part { kTop, kOverview, kTable, kRows, kFoot };

  void begin_table(HtmlText& html, const PageContext& context) {
    selection_ = select_page(*snapshot_, query_);
    html.raw(
        "<section id=\"certificates\" tabindex=\"-1\" "
        "aria-labelledby=\"certificates-title\">"
        "<h2 id=\"certificates-title\">All certificates</h2>");
    write_filter(html, context);
    html.raw("<div id=\"results\">");
    write_table_head(html, context, selection_);
  }

  void write_rows(HtmlText& html, const PageContext& context) {
    const auto& page = selection_.page;
    const std::size_t end = std::min(row_ + kRowsAtOnce, page.size());
    for (; row_ < end; ++row_) {
      write_row(html, context, *page[row_]);
    }
    if (row_ == page.size()) {
      write_pager(html, context, selection_);
      html.raw("</div></section>");
      part_ = Part::kFoot;
    }
  }

  std::shared_ptr<const StatusSnapshot> snapshot_;
  CertificateQuery query_;
  std::string base_;
  bool is_writable_;
  Part part_ = Part::kTop;
  Selection selection_;
  std::size_t row_ = 0;
};

}  // namespace

const std::string& page_policy() {
  static const std::string policy =
      "default-src 'none'; script-src " + source_of(kPageScript) +
      "; style-src " + source_of(kPageStyle) +
      "; img-src data:; connect-src 'self'; base-uri 'none'; form-action "
      "'self'; frame-ancestors 'none'";
  return policy;
}

StatusAnswer page_answer(
    const StatusRequest& request,
    const std::shared_ptr<const StatusSnapshot>& snapshot) {
  CertificateQuery query =
      certificate_query(QueryParameters::parse(request.query));
  if (!query.fault.empty()) {
    return problem(400, query.fault);
  }
  // People want to see first what is not as it should be.
  if (query.sort == SortKey::kPlan) {
    query.sort = SortKey::kState;
  }
  StatusAnswer answer = whole_answer(200, "text/html; charset=utf-8", {});
  answer.headers.emplace_back("Content-Security-Policy", page_policy());
  answer.headers.emplace_back("Referrer-Policy", "no-referrer");
  answer.next = PageBody(snapshot, std::move(query), std::string(request.base),
                         request.is_writable);
  return answer;
}

}  // namespace acme
