// SPDX-License-Identifier: BSD-2-Clause
// Everything that is known of one certificate, and what can be done with it.
#include <algorithm>

#include "acme_core/status/page_parts.h"
#include "acme_core/status/page_words.h"

namespace acme {
namespace {

// A certificate may have a hundred names or more; its JSON has all of them.
constexpr std::size_t kMostListed = 20;

void write_term(HtmlText& html, std::string_view term) {
  html.raw("<div><dt>").raw(term).raw("</dt><dd>");
}

void end_term(HtmlText& html) { html.raw("</dd></div>"); }

void write_text(HtmlText& html, std::string_view term, std::string_view text) {
  if (text.empty()) {
    return;
  }
  write_term(html, term);
  html.text(text);
  end_term(html);
}

void write_code(HtmlText& html, std::string_view term, std::string_view text) {
  if (text.empty()) {
    return;
  }
  write_term(html, term);
  html.raw("<code>").text(text).raw("</code>");
  end_term(html);
}

void write_time(HtmlText& html, std::string_view term,
                const std::optional<TimePoint>& time) {
  if (!time) {
    return;
  }
  write_term(html, term);
  html.raw("<time datetime=\"")
      .raw(rfc3339(*time))
      .raw("\">")
      .raw(moment(*time))
      .raw("</time>");
  end_term(html);
}

template <typename Range, typename Write>
void write_list(HtmlText& html, std::string_view term, const Range& range,
                Write write) {
  if (range.empty()) {
    return;
  }
  write_term(html, term);
  html.raw("<ul>");
  std::size_t count = 0;
  for (const auto& each : range) {
    if (count++ == kMostListed) {
      html.raw("<li>and ").number(range.size() - kMostListed).raw(" more</li>");
      break;
    }
    html.raw("<li>");
    write(each);
    html.raw("</li>");
  }
  html.raw("</ul>");
  end_term(html);
}

void write_texts(HtmlText& html, std::string_view term,
                 const std::vector<std::string>& texts) {
  write_list(html, term, texts,
             [&](const std::string& text) { html.text(text); });
}

void write_pairs(
    HtmlText& html, std::string_view term,
    const std::vector<std::pair<std::string, std::string>>& pairs) {
  write_list(html, term, pairs, [&](const auto& pair) {
    html.text(pair.first).raw(": ").text(pair.second);
  });
}

void write_order(HtmlText& html, const OrderInFlight& order) {
  write_term(html, "Order");
  html.text(order.step)
      .raw(" at ")
      .text(order.issuer)
      .raw(" since ")
      .raw(moment(order.since))
      .raw(" ");
  html.link(order.url);
  end_term(html);
}

void write_history(HtmlText& html, const std::vector<Attempt>& history) {
  if (history.empty()) {
    return;
  }
  html.raw("<h4>What was tried</h4><ol class=\"history\" reversed>");
  std::for_each(history.rbegin(), history.rend(), [&](const Attempt& attempt) {
    html.raw(attempt.succeeded ? "<li class=\"went-well\">"
                               : "<li class=\"failed\">")
        .raw("<time datetime=\"")
        .raw(rfc3339(attempt.at))
        .raw("\">")
        .raw(moment(attempt.at))
        .raw("</time> <b>")
        .raw(attempt.succeeded ? "issued" : "failed")
        .raw("</b> at ")
        .text(attempt.issuer)
        .raw(": ")
        .text(attempt.message)
        .raw("</li>");
  });
  html.raw("</ol>");
}

void write_button(HtmlText& html, const PageContext& context,
                  const CertificateStatus& certificate, std::string_view path,
                  std::string_view words, std::string_view question) {
  html.raw("<button type=\"button\" class=\"needs-js\" data-post=\"")
      .text(context.base)
      .raw("1/certificates/")
      .raw(percent_encoded(certificate.id))
      .raw(path)
      .raw("\" data-ask=\"")
      .text(question)
      .raw("\">")
      .raw(words)
      .raw("</button>");
}

void write_actions(HtmlText& html, const PageContext& context,
                   const CertificateStatus& certificate) {
  const std::string& name = certificate.name;
  const bool is_managed = certificate.state != CertificateState::kStatic &&
                          certificate.state != CertificateState::kOrphan;
  const std::string json = std::string(context.base) + "1/certificates/" +
                           percent_encoded(certificate.id);
  html.raw("<p class=\"actions\"><a href=\"").text(json).raw("\">JSON</a>");
  if (!certificate.pem.empty()) {
    html.raw("<a href=\"").text(json).raw("/pem\">Chain (PEM)</a>");
  }
  if (context.is_writable && is_managed) {
    write_button(html, context, certificate, "/renew?force=1", "Renew now",
                 "Order a new certificate for " + name + " now?");
    if (certificate.failures != 0 || certificate.waiting) {
      write_button(html, context, certificate, "/retry", "Retry now", "");
    }
    if (certificate.is_served) {
      html.raw(
          "<span class=\"needs-js revoke\"><label>Reason <select>"
          "<option>superseded</option><option>keyCompromise</option>"
          "<option>cessationOfOperation</option>"
          "<option>affiliationChanged</option>"
          "<option>unspecified</option></select></label>");
      write_button(html, context, certificate, "/revoke?reason=", "Revoke",
                   "Replace the certificate of " + name +
                       " and then revoke it? That cannot be undone.");
      html.raw("</span>");
    }
  }
  html.raw("</p>");
}

}  // namespace

void write_details(HtmlText& html, const PageContext& context,
                   const CertificateStatus& c) {
  html.raw("<div class=\"about\"><p class=\"why\">").text(c.reason).raw("</p>");
  if (!c.cure.empty()) {
    html.raw("<p class=\"cure\"><b>What to do:</b> ").text(c.cure).raw("</p>");
  }
  html.raw("<dl>");
  write_texts(html, "Names", c.names);
  write_list(html, "Server blocks", c.servers, [&](const ServerPlace& place) {
    html.text(place.file).raw(":").raw(std::to_string(place.line));
  });
  write_text(html, "File", c.file);
  write_time(html, "Valid from", c.not_before);
  write_time(html, "Expires", c.not_after);
  write_time(html, "Renewal", c.renew_at);
  if (c.window) {
    write_term(html, "Window the CA suggests");
    html.raw(moment(c.window->start))
        .raw(" to ")
        .raw(moment(c.window->end))
        .raw(" ");
    html.link(c.window->explanation_url);
    end_term(html);
  }
  write_time(html, "Next attempt", c.next_attempt);
  if (c.order) {
    write_order(html, *c.order);
  }
  if (c.issuers.size() > 1) {
    write_texts(html, "Issuers, in order", c.issuers);
  }
  write_text(html, "Key", c.key);
  write_text(html, "Profile", c.profile);
  write_pairs(html, "Proved by", c.proved_by);
  write_pairs(html, "Left out", c.left_out);
  write_texts(html, "Chain", c.chain);
  write_code(html, "Serial", c.serial);
  write_code(html, "SHA-256", c.fingerprint);
  write_list(html, "Workers", c.workers, [&](const WorkerGeneration& worker) {
    html.raw("process ")
        .raw(std::to_string(worker.pid))
        .raw(worker.generation == 0
                 ? ": not asked yet"
                 : ": generation " + std::to_string(worker.generation));
  });
  html.raw("</dl>");
  write_history(html, c.history);
  write_actions(html, context, c);
  html.raw("</div>");
}

}  // namespace acme
