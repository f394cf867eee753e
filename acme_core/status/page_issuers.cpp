// SPDX-License-Identifier: BSD-2-Clause
// The issuers and the process, at the foot of the page.
#include <algorithm>

#include "acme_core/status/page_parts.h"
#include "acme_core/status/page_words.h"

namespace acme {
namespace {

void write_fact(HtmlText& html, std::string_view term, std::string_view text) {
  if (!text.empty()) {
    html.raw("<div><dt>")
        .raw(term)
        .raw("</dt><dd>")
        .text(text)
        .raw("</dd></div>");
  }
}

void write_url(HtmlText& html, std::string_view term, std::string_view url) {
  if (!url.empty()) {
    html.raw("<div><dt>").raw(term).raw("</dt><dd>");
    html.link(url).raw("</dd></div>");
  }
}

void write_limits(HtmlText& html, const std::vector<LimitNote>& limits) {
  if (limits.empty()) {
    return;
  }
  html.raw("<ul class=\"limits\">");
  for (const LimitNote& limit : limits) {
    const std::string most = std::to_string(limit.limit);
    const std::string used = std::to_string(std::min(limit.used, limit.limit));
    html.raw("<li><span>")
        .text(limit.name)
        .raw("</span><span>")
        .raw(std::to_string(limit.used))
        .raw(" of ")
        .raw(most)
        .raw(" in ")
        .raw(in_words(std::chrono::seconds(
            std::clamp<std::int64_t>(limit.period_seconds, 0, 1LL << 32))))
        .raw("</span><svg class=\"life\" viewBox=\"0 0 ")
        .raw(limit.limit == 0 ? "1" : most)
        .raw(
            " 4\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
            "<rect class=\"whole\" width=\"")
        .raw(most)
        .raw("\" height=\"4\"/><rect class=\"over\" width=\"")
        .raw(used)
        .raw("\" height=\"4\"/></svg></li>");
  }
  html.raw("</ul>");
}

struct Standing {
  std::string_view look;  // of the states, for its colour
  std::string_view sign;
  std::string words;
};

Standing standing_of(const IssuerNote& note, TimePoint now) {
  if (note.is_paused_by_operator) {
    return {"waiting", "\u2016", "paused by an operator"};
  }
  if (!note.is_reachable) {
    return {"expired", "\u2715", "gives no answer"};
  }
  if (!note.is_state_writable) {
    return {"expired", "!", "state directory takes no writes"};
  }
  if (note.paused_until && *note.paused_until > now) {
    return {"waiting", "\u2026",
            "asked again " + from_now(*note.paused_until, now)};
  }
  if (!note.has_lease) {
    return {"static", "\u2013", "another process acts for it"};
  }
  return {"valid", "\u2713", "answers"};
}

void write_issuer_button(HtmlText& html, const PageContext& context,
                         const IssuerStatus& issuer, std::string_view verb,
                         std::string_view words, std::string_view question,
                         bool wants_name = false) {
  html.raw("<button type=\"button\" class=\"needs-js\" data-post=\"")
      .text(context.base)
      .raw("1/issuers/")
      .raw(percent_encoded(issuer.name))
      .raw("/")
      .raw(verb)
      .raw("\" data-ask=\"")
      .text(question)
      .raw("\"");
  if (wants_name) {
    html.raw(" data-confirm=\"").text(issuer.name).raw("\"");
  }
  html.raw(">").raw(words).raw("</button>");
}

void write_issuer_actions(HtmlText& html, const PageContext& context,
                          const IssuerStatus& issuer) {
  html.raw("<p class=\"actions\">");
  if (issuer.note.is_paused_by_operator) {
    write_issuer_button(html, context, issuer, "resume", "Resume", "");
  } else {
    write_issuer_button(html, context, issuer, "pause", "Pause",
                        "Ask nothing of " + issuer.name + " any more?");
  }
  write_issuer_button(html, context, issuer, "rollover", "Change account key",
                      "Give the account at " + issuer.name + " another key?");
  write_issuer_button(html, context, issuer, "deactivate", "Close account",
                      "Closing the account at " + issuer.name +
                          " cannot be undone. Write its name to confirm:",
                      true);
  html.raw("</p>");
}

void write_issuer(HtmlText& html, const PageContext& context,
                  const IssuerStatus& issuer) {
  const IssuerNote& note = issuer.note;
  const TimePoint now = context.snapshot.taken_at;
  const Standing standing = standing_of(note, now);
  html.raw("<li class=\"card\"><h3>")
      .text(issuer.name)
      .raw("</h3><p><span class=\"state is-")
      .raw(standing.look)
      .raw("\"><span class=\"sign\" aria-hidden=\"true\">")
      .raw(standing.sign)
      .raw("</span>")
      .text(standing.words)
      .raw("</span> <span class=\"aside\">")
      .raw(counted(issuer.certificates, "certificate", "certificates"))
      .raw(issuer.is_dry_run ? ", dry run</span></p>" : "</span></p>");
  if (!note.last_error.empty()) {
    html.raw("<p class=\"why\">").text(note.last_error).raw("</p>");
  }
  if (!note.paused_why.empty()) {
    html.raw("<p class=\"why\">").text(note.paused_why).raw("</p>");
  }
  write_limits(html, note.limits);
  html.raw("<dl>");
  write_url(html, "Directory", issuer.directory_url);
  write_fact(html, "Account", note.account_url);  // no browser can open it
  for (const std::string& contact : note.contacts) {
    write_fact(html, "Contact", contact);
  }
  write_url(html, "Terms", note.terms_of_service);
  write_fact(html, "State directory", issuer.state_path);
  if (note.last_answer_at) {
    write_fact(html, "Last answer", from_now(*note.last_answer_at, now));
  }
  html.raw("</dl>");
  if (context.is_writable) {
    write_issuer_actions(html, context, issuer);
  }
  html.raw("</li>");
}

std::string kibibytes(std::uint64_t bytes) {
  return counted(bytes / 1024, "KiB", "KiB");
}

}  // namespace

void write_issuers(HtmlText& html, const PageContext& context) {
  html.raw(
      "<section id=\"issuers\" aria-labelledby=\"issuers-title\">"
      "<h2 id=\"issuers-title\">Issuers</h2><ul class=\"cards\">");
  for (const IssuerStatus& issuer : context.snapshot.issuers) {
    write_issuer(html, context, issuer);
  }
  html.raw("</ul></section>");
}

void write_process(HtmlText& html, const PageContext& context) {
  const ProcessStatus& process = context.snapshot.process;
  const TimePoint now = context.snapshot.taken_at;
  html.raw(
      "<section id=\"process\" aria-labelledby=\"process-title\">"
      "<h2 id=\"process-title\">Process</h2><dl class=\"facts\">");
  write_fact(html, "Module", process.version);
  write_fact(html, "nginx", process.nginx_version);
  write_fact(html, "TLS", process.openssl_version);
  write_fact(html, "Helper",
             !process.is_helper_alive ? std::string("does not run")
             : process.helper.pid == 0
                 ? std::string("runs")
                 : "runs since " + moment(process.helper.started_at) +
                       " as process " + std::to_string(process.helper.pid));
  write_fact(html, "Answered by",
             "worker " + std::to_string(process.worker_pid));
  if (process.zone_size != 0) {
    write_fact(html, "Shared memory",
               kibibytes(process.zone_size -
                         std::min(process.zone_size, process.zone_free)) +
                   " of " + kibibytes(process.zone_size) + " in use");
  }
  if (const auto& skew = process.helper.clock_skew_seconds) {
    write_fact(html, "The CA's clock",
               *skew == 0 ? std::string("agrees")
                          : std::to_string(std::abs(*skew)) +
                                (*skew > 0 ? " s ahead" : " s behind"));
  }
  write_fact(html, "Commands",
             context.is_writable ? "taken here" : "not taken here");
  html.raw("</dl><p class=\"aside\">Seen ")
      .raw("<time datetime=\"")
      .raw(rfc3339(now))
      .raw("\">")
      .raw(moment(now))
      .raw("</time></p></section>");
}

}  // namespace acme
