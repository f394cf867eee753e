// SPDX-License-Identifier: BSD-2-Clause
// DNS over TCP.
#include "ngx_module/challenge/dns_connection.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <span>
#include <vector>

#include "ngx_module/challenge/dns_listener.h"
#include "ngx_module/nginx/ngx_compat.h"
#include "ngx_module/nginx/ngx_guard.h"
#include "ngx_module/nginx/ngx_types.h"

namespace ngx_acme {
namespace {

constexpr ngx_msec_t kPatience = 5'000;
constexpr unsigned kMostQueries = 100;
/// Of a worker.
constexpr std::size_t kMostConnections = 100;
constexpr std::size_t kSizeField = 2;  // RFC 1035 section 4.2.2

class Session {
 public:
  Session(ngx_connection_t& connection, DnsListener& listener)
      : connection_(connection),
        listener_(listener),
        place_(listener.connections().insert(listener.connections().end(),
                                             &connection)) {}
  ~Session() { listener_.connections().erase(place_); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Answers what has come. False: the connection is over.
  [[nodiscard]] bool go_on() {
    while (true) {
      if (!send_pending()) {
        return false;
      }
      if (is_sending()) {
        return wait_to_send();
      }
      const std::size_t size = next_size();
      if (size != 0 && filled_ >= kSizeField + size) {
        if (!answer_next(size)) {
          return false;
        }
        continue;
      }
      if (filled_ >= kSizeField && size == 0) {
        return false;
      }
      const ssize_t received = connection_.recv(
          &connection_, input_.data() + filled_, input_.size() - filled_);
      if (received == NGX_AGAIN) {
        return wait_for_query();
      }
      if (received <= 0) {
        return false;
      }
      filled_ += static_cast<std::size_t>(received);
    }
  }

 private:
  // Of the query that has begun to come; 0: unknown, or none that is answered.
  [[nodiscard]] std::size_t next_size() const noexcept {
    if (filled_ < kSizeField) {
      return 0;
    }
    const std::size_t size = std::size_t{input_[0]} << 8 | input_[1];
    return size <= acme::kLargestDnsQuery ? size : 0;
  }

  [[nodiscard]] bool answer_next(std::size_t size) {
    if (++queries_ > kMostQueries) {
      return false;
    }
    const std::vector<std::uint8_t> answer =
        listener_.answer(std::span(input_).subspan(kSizeField, size),
                         *connection_.sockaddr, DnsListener::Transport::kTcp);
    if (answer.empty()) {
      return false;
    }
    output_.assign({static_cast<std::uint8_t>(answer.size() >> 8),
                    static_cast<std::uint8_t>(answer.size() & 0xff)});
    output_.insert(output_.end(), answer.begin(), answer.end());
    sent_ = 0;
    const auto rest =
        input_.begin() + static_cast<std::ptrdiff_t>(kSizeField + size);
    std::copy(rest, input_.begin() + static_cast<std::ptrdiff_t>(filled_),
              input_.begin());
    filled_ -= kSizeField + size;
    // The next one has its own time to come.
    is_waiting_ = false;
    return true;
  }

  [[nodiscard]] bool is_sending() const noexcept {
    return sent_ < output_.size();
  }

  [[nodiscard]] bool send_pending() noexcept {
    while (is_sending()) {
      const ssize_t sent = connection_.send(
          &connection_, output_.data() + sent_, output_.size() - sent_);
      if (sent == NGX_AGAIN) {
        return true;
      }
      if (sent < 0) {
        return false;
      }
      sent_ += static_cast<std::size_t>(sent);
    }
    return true;
  }

  [[nodiscard]] bool wait_to_send() noexcept {
    set_idle(false);
    if (connection_.read->timer_set) {
      ngx_del_timer(connection_.read);
    }
    if (!connection_.write->timer_set) {
      ngx_add_timer(connection_.write, kPatience);
    }
    return ngx_handle_write_event(connection_.write, 0) == NGX_OK;
  }

  // Pieces of a query do not prolong the wait.
  [[nodiscard]] bool wait_for_query() noexcept {
    set_idle(true);
    if (connection_.write->timer_set) {
      ngx_del_timer(connection_.write);
    }
    if (!is_waiting_ || !connection_.read->timer_set) {
      is_waiting_ = true;
      ngx_add_timer(connection_.read, kPatience);
    }
    return ngx_handle_read_event(connection_.read, 0) == NGX_OK;
  }

  // nginx closes idle ones when it has no other left, and when a worker ends.
  void set_idle(bool idle) noexcept {
    connection_.idle = idle ? 1 : 0;
    ngx_reusable_connection(&connection_, idle ? 1 : 0);
  }

  ngx_connection_t& connection_;
  DnsListener& listener_;
  std::list<ngx_connection_t*>::iterator place_;
  std::array<std::uint8_t, kSizeField + acme::kLargestDnsQuery> input_{};
  std::size_t filled_ = 0;
  std::vector<std::uint8_t> output_;
  std::size_t sent_ = 0;
  unsigned queries_ = 0;
  bool is_waiting_ = false;
};

void on_event(ngx_event_t* event) noexcept {
  auto* connection = static_cast<ngx_connection_t*>(event->data);
  const bool is_over = event->timedout || connection->close ||
                       !guarded<[](ngx_connection_t* c) {
                         return static_cast<Session*>(c->data)->go_on();
                       },
                                false, ngx_connection_t*>(connection);
  if (is_over) {
    end_connection(connection);
  }
}

void begin(ngx_connection_t* connection) {
  auto& listener = *static_cast<DnsListener*>(connection->listening->servers);
  if (listener.connections().size() >= kMostConnections) {
    end_connection(listener.connections().front());
  }
  connection->data =
      &make_in_pool<Session>(connection->pool, *connection, listener);
  connection->log_error = NGX_ERROR_INFO;
  connection->read->handler = on_event;
  connection->write->handler = on_event;
}

}  // namespace

void on_dns_connection(ngx_connection_t* connection) noexcept {
  const bool has_begun = guarded<[](ngx_connection_t* c) {
    begin(c);
    return true;
  },
                                 false, ngx_connection_t*>(connection);
  if (!has_begun) {
    end_connection(connection);
    return;
  }
  on_event(connection->read);
}

}  // namespace ngx_acme
