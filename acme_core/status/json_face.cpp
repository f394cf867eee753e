// SPDX-License-Identifier: BSD-2-Clause
// What the status says as JSON.
#include "acme_core/status/json_face.h"

#include <algorithm>
#include <utility>

#include "acme_core/status/entity_tag.h"
#include "acme_core/status/problem_document.h"
#include "acme_core/status/selection.h"

namespace acme {
namespace {

// What a worker does at a time; see StatusAnswer::next.
constexpr std::size_t kMembersAtOnce = 200;

using Texts = std::vector<std::pair<std::string, std::string>>;

void if_any(JsonWriter& json, std::string_view name, const Texts& texts) {
  if (texts.empty()) {
    return;
  }
  json.key(name);
  json.begin_object();
  for (const auto& [key, text] : texts) {
    json.value(key);  // escaped: it is foreign
    json.colon();
    json.value(text);
  }
  json.end_object();
}

void write(JsonWriter& json, const RenewalWindow& window) {
  json.begin_object();
  json.member("start", window.start);
  json.member("end", window.end);
  json.member("renew_at", window.renew_at);
  json.if_any("explanation_url", window.explanation_url);
  json.end_object();
}

void write(JsonWriter& json, const Attempt& attempt) {
  json.begin_object();
  json.member("at", attempt.at);
  json.member("issuer", attempt.issuer);
  json.member("succeeded", attempt.succeeded);
  json.if_any("message", attempt.message);
  json.end_object();
}

void write(JsonWriter& json, const OrderInFlight& order) {
  json.begin_object();
  json.member("issuer", order.issuer);
  json.if_any("url", order.url);
  json.member("step", order.step);
  json.member("since", order.since);
  json.end_object();
}

void write(JsonWriter& json, const Waiting& waiting) {
  json.begin_object();
  json.member("issuer", waiting.issuer);
  json.member("reason", waiting.reason);
  json.end_object();
}

void write(JsonWriter& json, const ServerPlace& place) {
  json.begin_object();
  json.member("file", place.file);
  json.member("line", place.line);
  json.end_object();
}

void write(JsonWriter& json, const WorkerGeneration& worker) {
  json.begin_object();
  json.member("pid", worker.pid);
  json.member("generation", worker.generation);
  json.end_object();
}

void write(JsonWriter& json, const LimitNote& limit) {
  json.begin_object();
  json.member("name", limit.name);
  json.member("limit", limit.limit);
  json.member("used", limit.used);
  json.member("period_seconds", limit.period_seconds);
  json.end_object();
}

template <typename Object>
void if_any(JsonWriter& json, std::string_view name,
            const std::vector<Object>& objects) {
  if (objects.empty()) {
    return;
  }
  json.key(name);
  json.begin_array();
  for (const Object& object : objects) {
    write(json, object);
  }
  json.end_array();
}

template <typename Object>
void if_any(JsonWriter& json, std::string_view name,
            const std::optional<Object>& object) {
  if (object) {
    json.key(name);
    write(json, *object);
  }
}

void begin_list(JsonWriter& json, const StatusSnapshot& snapshot) {
  json.begin_object();
  json.member("taken_at", snapshot.taken_at);
}

std::string next_page(const CertificateQuery& query,
                      const CertificateStatus& last) {
  std::string url = "?" + query.filters();
  if (url.size() > 1) {
    url += '&';
  }
  return url + "after=" + percent_encoded(last.id) +
         "&limit=" + std::to_string(query.limit);
}

// Writes a page, a slice at each call. Slices may go into one text or into one
// each: the comma between certificates does not depend on it.
class CertificatesBody {
 public:
  CertificatesBody(SnapshotPointer snapshot, const CertificateQuery& query,
                   Selection selection)
      : snapshot_(std::move(snapshot)),
        query_(query),
        selection_(std::move(selection)) {}

  bool operator()(std::string& out) {
    JsonWriter json(out);
    if (done_ == 0) {
      begin_list(json, *snapshot_);
      json.member("total", std::uint64_t{selection_.total});
      json.key("certificates");
      json.begin_array();
    }
    const auto& page = selection_.page;
    const std::size_t end = std::min(done_ + kMembersAtOnce, page.size());
    for (; done_ < end; ++done_) {
      out.append(done_ == 0 ? "" : ",");
      write(json, *page[done_]);
    }
    if (done_ < page.size()) {
      return true;
    }
    json.end_array();
    if (selection_.has_more) {
      json.member("next", next_page(query_, *page.back()));
    }
    json.end_object();
    out += '\n';
    return false;
  }

 private:
  SnapshotPointer snapshot_;
  CertificateQuery query_;
  Selection selection_;
  std::size_t done_ = 0;
};

class EventsBody {
 public:
  EventsBody(SnapshotPointer snapshot, std::size_t first)
      : snapshot_(std::move(snapshot)), first_(first), done_(first) {}

  bool operator()(std::string& out) {
    const auto& events = snapshot_->events;
    JsonWriter json(out);
    if (done_ == first_) {
      json.begin_object();
      json.key("events");
      json.begin_array();
    }
    const std::size_t end = std::min(done_ + kMembersAtOnce, events.size());
    for (; done_ < end; ++done_) {
      out.append(done_ == first_ ? "" : ",");
      const auto& [number, event] = events[done_];
      // An object of at least one member: its number goes in front.
      out.append("{\"number\":")
          .append(std::to_string(number))
          .append(",")
          .append(event, 1);
    }
    if (done_ < events.size()) {
      return true;
    }
    json.end_array();
    json.member("last", events.empty() ? 0 : events.back().first);
    json.end_object();
    out += '\n';
    return false;
  }

 private:
  SnapshotPointer snapshot_;
  std::size_t first_;
  std::size_t done_;
};

StatusAnswer json_answer(std::function<bool(std::string&)> body) {
  StatusAnswer answer = whole_answer(200, "application/json", {});
  answer.next = std::move(body);
  return answer;
}

}  // namespace

void write(JsonWriter& json, const CertificateStatus& certificate) {
  const CertificateStatus& c = certificate;
  json.begin_object();
  json.member("id", c.id);
  json.member("name", c.name);
  json.if_any("names", c.names);
  if_any(json, "servers", c.servers);
  json.if_any("issuer", c.issuer);
  json.if_any("issuers", c.issuers);
  json.if_any("key", c.key);
  json.if_any("profile", c.profile);
  if_any(json, "proved_by", c.proved_by);
  if_any(json, "left_out", c.left_out);
  json.member("state", to_string(c.state));
  json.if_any("reason", c.reason);
  json.if_any("cure", c.cure);
  json.member("served", c.is_served);
  json.member("stand_in", c.is_stand_in);
  json.if_any("file", c.file);
  json.if_any("serial", c.serial);
  json.if_any("fingerprint", c.fingerprint);
  json.if_any("chain", c.chain);
  json.if_any("not_before", c.not_before);
  json.if_any("not_after", c.not_after);
  json.if_any("renew_at", c.renew_at);
  json.if_any("renew_why", c.renew_why);
  if_any(json, "window", c.window);
  json.if_any("next_attempt", c.next_attempt);
  if_any(json, "waiting", c.waiting);
  json.member("failures", c.failures);
  json.if_any("last_error", c.last_error);
  if_any(json, "history", c.history);
  if_any(json, "order", c.order);
  json.member("saved", c.is_saved);
  json.member("generation", c.generation);
  if_any(json, "workers", c.workers);
  json.end_object();
}

void write(JsonWriter& json, const IssuerStatus& issuer) {
  const IssuerNote& note = issuer.note;
  json.begin_object();
  json.member("name", issuer.name);
  json.member("directory_url", issuer.directory_url);
  json.if_any("state_path", issuer.state_path);
  json.member("dry_run", issuer.is_dry_run);
  json.member("certificates", issuer.certificates);
  json.if_any("account_url", note.account_url);
  json.if_any("contacts", note.contacts);
  json.if_any("terms_of_service", note.terms_of_service);
  json.member("reachable", note.is_reachable);
  json.if_any("last_answer_at", note.last_answer_at);
  json.if_any("paused_until", note.paused_until);
  json.if_any("paused_why", note.paused_why);
  json.member("paused_by_operator", note.is_paused_by_operator);
  json.member("lease", note.has_lease);
  json.member("state_writable", note.is_state_writable);
  json.if_any("last_error", note.last_error);
  if_any(json, "limits", note.limits);
  json.end_object();
}

void write(JsonWriter& json, const ProcessStatus& process) {
  json.begin_object();
  json.member("version", process.version);
  json.member("nginx_version", process.nginx_version);
  json.member("openssl_version", process.openssl_version);
  json.member("helper_alive", process.is_helper_alive);
  json.member("writable", process.is_writable);
  json.member("worker_pid", process.worker_pid);
  json.member("zone_size", process.zone_size);
  json.member("zone_free", process.zone_free);
  json.key("helper");
  json.begin_object();
  if (process.helper.pid != 0) {
    json.member("started_at", process.helper.started_at);
    json.member("pid", process.helper.pid);
  }
  if (process.helper.clock_skew_seconds) {
    json.member("clock_skew_seconds", *process.helper.clock_skew_seconds);
  }
  json.end_object();
  json.end_object();
}

void write(JsonWriter& json, const CommandStatus& command) {
  json.begin_object();
  json.member("id", command.id);
  json.member("verb", command.verb);
  json.if_any("certificate", command.certificate);
  json.if_any("issuer", command.issuer);
  json.member("state", command.state);
  json.if_any("text", command.text);
  json.if_any("asked_by", command.asked_by);
  json.if_any("asked_at", command.asked_at);
  json.end_object();
}

StatusAnswer certificates_answer(const SnapshotPointer& snapshot,
                                 const CertificateQuery& query) {
  Selection selection = select_after(*snapshot, query);
  if (selection.is_lost) {
    return problem(400, "there is no certificate \"" + query.after +
                            "\" any more to go on after: begin again without "
                            "\"after\"");
  }
  const bool is_one_slice = selection.page.size() <= kMembersAtOnce;
  CertificatesBody body(snapshot, query, std::move(selection));
  if (!is_one_slice) {
    return json_answer(std::move(body));
  }
  std::string text;
  body(text);
  StatusAnswer answer = whole_answer(200, "application/json", {});
  set_body_of_moment(answer, std::move(text), snapshot->taken_at);
  return answer;
}

StatusAnswer issuers_answer(const StatusSnapshot& snapshot) {
  std::string text;
  JsonWriter json(text);
  begin_list(json, snapshot);
  json.key("issuers");
  json.begin_array();
  for (const IssuerStatus& issuer : snapshot.issuers) {
    write(json, issuer);
  }
  json.end_array();
  json.end_object();
  text += '\n';
  StatusAnswer answer = whole_answer(200, "application/json", {});
  set_body_of_moment(answer, std::move(text), snapshot.taken_at);
  return answer;
}

StatusAnswer events_answer(const SnapshotPointer& snapshot,
                           std::uint64_t since) {
  const auto& events = snapshot->events;
  const auto first = std::partition_point(
      events.begin(), events.end(),
      [&](const auto& each) { return each.first <= since; });
  return json_answer(
      EventsBody(snapshot, static_cast<std::size_t>(first - events.begin())));
}

}  // namespace acme
