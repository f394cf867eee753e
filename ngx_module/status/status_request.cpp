// SPDX-License-Identifier: BSD-2-Clause
// One request for the status.
#include "ngx_module/status/status_request.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "acme_core/env/clock.h"
#include "acme_core/env/log.h"
#include "acme_core/status/answer.h"
#include "ngx_module/nginx/ngx_compat.h"
#include "ngx_module/nginx/ngx_guard.h"
#include "ngx_module/nginx/ngx_types.h"
#include "ngx_module/status/answer_stream.h"
#include "ngx_module/status/command_status.h"
#include "ngx_module/status/snapshot_keeper.h"
#include "ngx_module/status/status_location.h"

namespace ngx_acme {
namespace {

using namespace std::chrono_literals;

// A command that takes longer is answered with where to ask for it.
constexpr auto kPatience = 1s;
constexpr auto kBetweenLooks = 50ms;
// For what is shown. It takes a second to make for 10,000 certificates.
constexpr std::chrono::milliseconds kLongestWait = 60s;

std::string_view field_of(const ngx_http_request_t& request,
                          std::string_view name) noexcept {
  const ngx_list_part_t* part = &request.headers_in.headers.part;
  for (; part != nullptr; part = part->next) {
    const auto* fields = static_cast<const ngx_table_elt_t*>(part->elts);
    for (ngx_uint_t i = 0; i < part->nelts; ++i) {
      if (fields[i].key.len == name.size() &&
          ngx_strncasecmp(fields[i].key.data, borrow(name).data, name.size()) ==
              0) {
        return view(fields[i].value);
      }
    }
  }
  return {};
}

bool has_field(const ngx_http_request_t& request,
               std::string_view name) noexcept {
  return field_of(request, name).data() != nullptr;
}

// The user is whom the client says to be: who cares has auth_basic check it.
std::string who_asks(ngx_http_request_t* request) {
  const std::string_view address = view(request->connection->addr_text);
  if (ngx_http_auth_basic_user(request) != NGX_OK ||
      request->headers_in.user.len == 0) {
    return std::string(address);
  }
  constexpr std::size_t kLongest = 200;
  return std::string(view(request->headers_in.user).substr(0, kLongest)) +
         " (" + std::string(address) + ")";
}

// Lives as long as the request.
class StatusRequest final : public SnapshotReader {
 public:
  StatusRequest(ngx_http_request_t* request, StatusLocation& location) noexcept
      : request_(request), location_(location) {
    event_.handler = on_event;
    event_.data = this;
    event_.log = request->connection->log;
  }
  ~StatusRequest() override {
    location_.service->snapshots.leave(*this);
    cancel_event();
  }
  StatusRequest(const StatusRequest&) = delete;
  StatusRequest& operator=(const StatusRequest&) = delete;

  // From the handler, which goes on to tell nginx that the request goes on.
  void start() noexcept {
    is_starting_ = true;
    // A worker that is told to end waits for those who have a timer.
    wake_in(kLongestWait);
    guard([&] { location_.service->snapshots.ask(*this); });
    is_starting_ = false;
  }

  void take(const SharedSnapshot& snapshot) noexcept override {
    if (event_.timer_set) {
      ngx_del_timer(&event_);
    }
    ngx_connection_t* connection = request_->connection;
    const bool is_in_handler = is_starting_;
    if (snapshot == nullptr) {
      finalize(NGX_HTTP_INTERNAL_SERVER_ERROR);
    } else {
      guard([&] { answer_from(snapshot); });
    }
    if (!is_in_handler) {
      ngx_http_run_posted_requests(connection);
    }
  }

  void let_go() noexcept override {
    is_to_end_ = true;
    ngx_post_event(&event_, &ngx_posted_next_events);
  }

 private:
  // What is thrown ends the request.
  template <typename Step>
  void guard(Step step) noexcept {
    try {
      step();
    } catch (const std::exception& error) {
      log_exception(request_->connection->log, error.what());
      finalize(stream_.has_begun() ? NGX_ERROR
                                   : NGX_HTTP_INTERNAL_SERVER_ERROR);
    }
  }

  void wake_in(std::chrono::milliseconds time) noexcept {
    ngx_add_timer(&event_, static_cast<ngx_msec_t>(time.count()));
  }

  void cancel_event() noexcept {
    if (event_.posted) {
      ngx_delete_posted_event(&event_);
    }
    if (event_.timer_set) {
      ngx_del_timer(&event_);
    }
  }

  // This object may be gone afterwards; where the answer is still on its way,
  // nginx alone goes on with it.
  void finalize(ngx_int_t result) noexcept {
    location_.service->snapshots.leave(*this);
    snapshot_.reset();
    cancel_event();
    ngx_http_finalize_request(request_, result);
  }

  static void on_event(ngx_event_t* event) noexcept {
    auto& self = *static_cast<StatusRequest*>(event->data);
    ngx_connection_t* connection = self.request_->connection;
    self.go_on();
    ngx_http_run_posted_requests(connection);
  }

  static void on_write(ngx_http_request_t* request) noexcept {
    static_cast<StatusRequest*>(request->ctx[ngx_http_acme_module.ctx_index])
        ->go_on();
  }

  void go_on() noexcept {
    if (is_to_end_) {
      ngx_log_error(NGX_LOG_INFO, request_->connection->log, 0,
                    "acme: the client reads the status too slowly");
      finalize(NGX_ERROR);
      return;
    }
    guard([&] {
      if (stream_.has_begun()) {
        after(stream_.go_on());
      } else if (command_ != 0) {
        look_after_command();
      } else {
        finalize(NGX_HTTP_SERVICE_UNAVAILABLE);
      }
    });
  }

  void answer_from(const SharedSnapshot& snapshot) {
    const acme::StatusRequest asked = describe();
    acme::StatusAnswer answer = acme::answer(asked, snapshot);
    if (answer.command) {
      hand_over(std::move(*answer.command));
      return;
    }
    snapshot_ = snapshot;
    send(std::move(answer));
  }

  acme::StatusRequest describe() {
    asked_by_ = who_asks(request_);
    acme::StatusRequest asked;
    asked.method = view(request_->method_name);
    const std::string_view path = view(request_->uri);
    asked.path = path.substr(std::min(path.size(), location_.base.size()));
    asked.query = view(request_->args);
    asked.base = location_.base;
    asked.accept = field_of(*request_, "Accept");
    asked.if_none_match = field_of(*request_, "If-None-Match");
    asked.has_write_header = has_field(*request_, "Acme-Write");
    asked.is_writable = location_.is_writable;
    asked.asked_by = asked_by_;
    return asked;
  }

  void hand_over(acme::Command command) {
    StatusZone* zone = location_.service->sources.zone;
    if (zone == nullptr || !zone->is_helper_running()) {
      send(acme::problem_answer(
          NGX_HTTP_SERVICE_UNAVAILABLE, "Nobody is there to do it",
          zone == nullptr
              ? "nginx manages no certificate"
              : "The process that talks to the CAs does not run; nginx starts "
                "it again. Ask again in a moment, and look into the error log "
                "if it stays so."));
      return;
    }
    // The snapshot may be older than what was issued meanwhile.
    command.asked_at = acme::SystemClock().now();
    const std::optional<std::uint64_t> id = zone->add_command(command);
    if (!id) {
      send(acme::problem_answer(
          NGX_HTTP_SERVICE_UNAVAILABLE, "Too much has been asked for",
          "As many commands as there is room for are waiting or under way. "
          "Ask again when some have ended."));
      return;
    }
    command_ = *id;
    answer_by_ = std::chrono::steady_clock::now() + kPatience;
    const std::string_view verb = acme::to_string(command.verb);
    const std::string& about =
        command.certificate.empty() ? command.issuer : command.certificate;
    ngx_str_t verb_text = borrow(verb);
    ngx_log_error(NGX_LOG_NOTICE, request_->connection->log, 0,
                  "acme: %V%s%s is asked for by %s: command %uL", &verb_text,
                  about.empty() ? "" : " of ", about.c_str(),
                  acme::printable(asked_by_).c_str(), *id);
    look_after_command();
  }

  void look_after_command() {
    const auto found = location_.service->sources.zone->command(command_);
    if (!found) {
      send(acme::problem_answer(
          NGX_HTTP_SERVICE_UNAVAILABLE, "Too much has been asked for",
          "The command has made room for others meanwhile."));
      return;
    }
    const bool has_ended = found->state == acme::CommandState::kDone ||
                           found->state == acme::CommandState::kFailed;
    if (has_ended || std::chrono::steady_clock::now() >= answer_by_) {
      send(acme::command_answer(status_of(*found), location_.base));
      return;
    }
    wake_in(kBetweenLooks);
  }

  void send(acme::StatusAnswer answer) {
    if (answer.next && snapshot_ != nullptr) {
      location_.service->snapshots.hold(*this);
    }
    after(stream_.begin(request_, std::move(answer)));
  }

  void after(AnswerStream::Progress progress) {
    if (stream_.is_complete()) {
      location_.service->snapshots.leave(*this);
      snapshot_.reset();
    }
    ngx_event_t* write = request_->connection->write;
    if (progress == AnswerStream::Progress::kEnd) {
      if (write->timer_set && !write->delayed) {
        ngx_del_timer(write);  // of a subrequest, nginx would leave it
      }
      finalize(stream_.result());
      return;
    }
    request_->write_event_handler = on_write;
    const auto& core = *static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_get_module_loc_conf(request_, ngx_http_core_module));
    // Also for what goes on at once: a worker that ends waits for timers alone.
    if (!write->delayed) {
      ngx_add_timer(write, core.send_timeout);
    }
    if (progress == AnswerStream::Progress::kYield) {
      ngx_post_event(&event_, &ngx_posted_next_events);
      return;
    }
    if (ngx_handle_write_event(write, core.send_lowat) != NGX_OK) {
      finalize(NGX_ERROR);
    }
  }

  ngx_http_request_t* request_;
  StatusLocation& location_;
  std::string asked_by_;
  SharedSnapshot snapshot_;  ///< while the answer refers to it
  AnswerStream stream_;
  std::uint64_t command_ = 0;  ///< 0: none
  std::chrono::steady_clock::time_point answer_by_;
  ngx_event_t event_{};
  bool is_starting_ = false;
  bool is_to_end_ = false;
};

// "/acme" to "/acme/", where the relative links of the page lead somewhere.
ngx_int_t redirect_to_base(ngx_http_request_t* request,
                           const StatusLocation& location) {
  const std::string_view query = view(request->args);
  const std::size_t size = location.base.size() + 1 + query.size();
  auto* text = static_cast<u_char*>(ngx_pnalloc(request->pool, size));
  auto* header = static_cast<ngx_table_elt_t*>(
      ngx_list_push(&request->headers_out.headers));
  if (text == nullptr || header == nullptr) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
  auto* end = reinterpret_cast<char*>(text);
  end += location.base.copy(end, size);
  if (!query.empty()) {
    *end++ = '?';
    end += query.copy(end, query.size());
  }
  set_header(
      *header, ngx_string("Location"),
      ngx_str_t{static_cast<std::size_t>(end - reinterpret_cast<char*>(text)),
                text});
  request->headers_out.location = header;
  return NGX_HTTP_MOVED_PERMANENTLY;
}

ngx_int_t answer_request(ngx_http_request_t* request) {
  StatusLocation& location = status_location(request->loc_conf);
  const std::string_view path = view(request->uri);
  const bool lacks_slash = path.size() + 1 == location.base.size() &&
                           location.base.starts_with(path);
  if (lacks_slash && (request->method & (NGX_HTTP_GET | NGX_HTTP_HEAD)) != 0) {
    return redirect_to_base(request, location);
  }
  // "location /acme" has "/acmeology", too; and a rewrite leads anywhere.
  if (!lacks_slash && !path.starts_with(location.base)) {
    return NGX_HTTP_NOT_FOUND;
  }
  if (const ngx_int_t result = ngx_http_discard_request_body(request);
      result != NGX_OK) {
    return result;
  }
  auto& status = make_in_pool<StatusRequest>(request->pool, request, location);
  ngx_http_set_ctx(request, &status, ngx_http_acme_module);
  ++request->main->count;
  status.start();
  return NGX_DONE;
}

}  // namespace

ngx_int_t answer_status(ngx_http_request_t* request) noexcept {
  return guarded<answer_request, NGX_HTTP_INTERNAL_SERVER_ERROR,
                 ngx_http_request_t*>(request);
}

}  // namespace ngx_acme
