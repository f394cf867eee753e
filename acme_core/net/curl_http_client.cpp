// SPDX-License-Identifier: BSD-2-Clause
// The loop thread that runs every exchange of one client.
#include "acme_core/net/curl_http_client.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <list>
#include <mutex>
#include <new>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "acme_core/env/background_thread.h"
#include "acme_core/env/clock.h"
#include "acme_core/net/curl_transfer.h"

namespace acme {
namespace {

// Sockets wake the loop; this only bounds how long a lost wake-up can last.
constexpr int kPollMilliseconds = 60'000;
constexpr long kIdleConnections = 8;

void initialize_curl_once() {
  static const CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (result != CURLE_OK) {
    throw Error(ErrorKind::kConfiguration, "libcurl cannot be initialized");
  }
}

struct HostAndPort {
  std::string host;
  std::string port;
};

struct FreeCurlUrl {
  void operator()(CURLU* url) const noexcept { curl_url_cleanup(url); }
};
struct FreeCurlText {
  void operator()(char* text) const noexcept { curl_free(text); }
};

std::string url_part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) {
    return {};
  }
  const std::unique_ptr<char, FreeCurlText> owner(text);
  return text;
}

std::optional<HostAndPort> host_and_port(const std::string& url) {
  const std::unique_ptr<CURLU, FreeCurlUrl> parsed(curl_url());
  if (!parsed ||
      curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
    return std::nullopt;
  }
  HostAndPort found{url_part(parsed.get(), CURLUPART_HOST),
                    url_part(parsed.get(), CURLUPART_PORT)};
  if (found.host.empty() || found.port.empty()) {
    return std::nullopt;
  }
  return found;
}

std::string_view variable(const char* name) {
  // Nobody changes the environment of this process.
  // NOLINTNEXTLINE(concurrency-mt-unsafe)
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

// Whether a list such as "localhost,.example.com" has the host or a domain that
// it is in; "*" has all.
bool has_host(std::string_view list, std::string_view host) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find_first_of(", "), list.size());
    std::string_view entry = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    if (entry.starts_with('.')) {
      entry.remove_prefix(1);
    }
    if (entry == "*" || entry == host ||
        (!entry.empty() && host.ends_with(entry) &&
         host[host.size() - entry.size() - 1] == '.')) {
      return true;
    }
  }
  return false;
}

// Whether libcurl will connect to a proxy, which finds the host by itself.
bool uses_proxy(const std::string& url, const std::string& host) {
  const auto is_set = [](const char* name) { return !variable(name).empty(); };
  // Not HTTP_PROXY, which anybody may set who sends a request to a CGI program.
  const bool has_own = url.starts_with("http://")
                           ? is_set("http_proxy")
                           : is_set("https_proxy") || is_set("HTTPS_PROXY");
  return (has_own || is_set("all_proxy") || is_set("ALL_PROXY")) &&
         !has_host(variable("no_proxy"), host) &&
         !has_host(variable("NO_PROXY"), host);
}

}  // namespace

class CurlHttpClient::Loop {
 public:
  explicit Loop(CurlHttpClientOptions options) : options_(std::move(options)) {
    initialize_curl_once();
    if (options_.resolver) {
      resolver_.emplace(*options_.resolver, clock_);
    }
    multi_.reset(curl_multi_init());
    if (!multi_) {
      throw std::bad_alloc();
    }
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, kIdleConnections);
  }

  ~Loop() {
    thread_.request_stop();
    curl_multi_wakeup(multi_.get());
    if (thread_.joinable()) {
      thread_.join();
    }
    // Callers whose exchanges have just ended are still on their way out.
    std::unique_lock lock(mutex_);
    all_left_.wait(lock, [this] { return callers_ == 0; });
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // libcurl follows redirects itself, but where we look up hosts for it.
  HttpResponse send(const HttpRequest& request, const std::stop_token& stop) {
    if (!options_.verify_peer && options_.tell_unverified) {
      std::call_once(looked_at_peer_,
                     [&] { look_at_certificate(request.url, stop); });
    }
    if (!resolver_) {
      return send_to(request, {}, stop);
    }
    HttpRequest current = request;
    for (long redirects = 0;; ++redirects) {
      std::string next;
      HttpResponse response =
          send_to(current, addresses_for(current.url, stop), stop, &next);
      if (next.empty() || request.method == HttpRequest::Method::kPost) {
        return response;
      }
      if (redirects == kMostRedirects ||
          (!next.starts_with("https://") && !options_.any_scheme)) {
        throw Error(ErrorKind::kUnavailable,
                    "no answer from " + request.url + ": redirected " +
                        (redirects == kMostRedirects ? "too often"
                                                     : "away from https"));
      }
      current.url = std::move(next);
    }
  }

 private:
  // By a connection of its own, which ends after the handshake: what is not
  // verified afterwards is at least told of.
  void look_at_certificate(const std::string& url,
                           const std::stop_token& stop) {
    CurlHttpClientOptions strict = options_;
    strict.verify_peer = true;
    HttpRequest request;
    request.url = url;
    CurlTransfer transfer(request, strict,
                          resolver_ ? addresses_for(url, stop) : std::string());
    transfer.connect_only();
    const CURLcode result =
        perform(transfer, std::chrono::milliseconds::zero(), stop);
    if (const std::string why = transfer.why_untrusted(result); !why.empty()) {
      options_.tell_unverified(why);
    }
  }

  // Hands the transfer to the loop and waits for its end. What is stopped
  // before is never sent: the server would do what nobody hears of.
  CURLcode perform(CurlTransfer& transfer, std::chrono::milliseconds grace,
                   const std::stop_token& stop) {
    Exchange exchange(transfer.get());
    if (stop.stop_requested()) {
      throw Error(ErrorKind::kStopped, "stopping");
    }
    std::unique_lock lock(mutex_);
    start_thread();
    ++callers_;
    exchanges_.push_back(&exchange);
    curl_multi_wakeup(multi_.get());
    const auto is_over = [&exchange] { return exchange.is_over(); };
    if (!exchange.ended.wait(lock, stop, is_over) &&
        !exchange.ended.wait_for(lock, grace, is_over)) {
      // The handle is the loop's until it has let go of it.
      exchange.cancelled = true;
      curl_multi_wakeup(multi_.get());
      exchange.ended.wait(lock, is_over);
    }
    if (--callers_ == 0) {
      all_left_.notify_all();
    }
    lock.unlock();
    if (exchange.state == Exchange::State::kCancelled) {
      throw Error(ErrorKind::kStopped, "stopping");
    }
    return exchange.result;
  }

  // "host:port:address,address" as libcurl takes it; "" leaves the name to
  // whoever makes the connection: a proxy, say.
  std::string addresses_for(const std::string& url,
                            const std::stop_token& stop) {
    const std::optional<HostAndPort> target = host_and_port(url);
    if (!target || uses_proxy(url, target->host)) {
      return {};
    }
    std::string list;
    for (const std::string& address : resolver_->lookup(target->host, stop)) {
      const bool is_v6 = address.find(':') != std::string::npos;
      list.append(list.empty() ? "" : ",")
          .append(is_v6 ? "[" + address + "]" : address);
    }
    return target->host + ":" + target->port + ":" + list;
  }

  // `next` is where the answer, if it is a redirect, leads to.
  HttpResponse send_to(const HttpRequest& request, const std::string& addresses,
                       const std::stop_token& stop,
                       std::string* next = nullptr) {
    CurlTransfer first(request, options_, addresses);
    const CURLcode result = perform(first, request.grace, stop);
    if (!first.met_a_dead_connection(result)) {
      return finish(first, result, next);
    }
    CurlTransfer second(request, options_, addresses);
    second.use_fresh_connection();
    return finish(second, perform(second, request.grace, stop), next);
  }

  static HttpResponse finish(CurlTransfer& transfer, CURLcode result,
                             std::string* next) {
    HttpResponse response = transfer.finish(result);
    if (next != nullptr) {
      *next = transfer.redirect_url();
    }
    return response;
  }

  // One call of send(), living on its caller's stack.
  struct Exchange {
    enum class State { kNew, kRunning, kFinished, kCancelled };

    explicit Exchange(CURL* curl) : handle(curl) {}

    CURL* const handle;
    State state = State::kNew;
    CURLcode result = CURLE_OK;
    bool cancelled = false;
    /// Of its own: one that ends wakes nobody but its caller.
    std::condition_variable_any ended;

    [[nodiscard]] bool is_over() const noexcept {
      return state == State::kFinished || state == State::kCancelled;
    }
  };

  void start_thread() {
    if (thread_.joinable()) {
      return;
    }
    try {
      thread_ = options_.start_thread(
          [this](const std::stop_token& stop) { run(stop); });
    } catch (const std::system_error& error) {
      throw Error(ErrorKind::kOurs, why_no_thread(error));
    }
  }

  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      {
        const std::lock_guard lock(mutex_);
        update_exchanges();
      }
      int running = 0;
      curl_multi_perform(multi_.get(), &running);
      if (!finish_exchanges()) {
        curl_multi_poll(multi_.get(), nullptr, 0, kPollMilliseconds, nullptr);
      }
    }
    const std::lock_guard lock(mutex_);
    for (Exchange* exchange : exchanges_) {
      exchange->cancelled = true;
    }
    update_exchanges();
  }

  // Adds the new, lets go of the cancelled. Call with mutex_ held.
  void update_exchanges() {
    exchanges_.remove_if([this](Exchange* exchange) {
      if (exchange->cancelled) {
        if (exchange->state == Exchange::State::kRunning) {
          curl_multi_remove_handle(multi_.get(), exchange->handle);
        }
        end(*exchange, Exchange::State::kCancelled);
        return true;
      }
      if (exchange->state == Exchange::State::kNew) {
        if (curl_multi_add_handle(multi_.get(), exchange->handle) != CURLM_OK) {
          exchange->result = CURLE_FAILED_INIT;
          end(*exchange, Exchange::State::kFinished);
          return true;
        }
        exchange->state = Exchange::State::kRunning;
      }
      return false;
    });
  }

  // True when one has finished, and its caller may already bring the next.
  bool finish_exchanges() {
    bool any = false;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE) {
        continue;
      }
      CURL* handle = message->easy_handle;
      const CURLcode result = message->data.result;
      curl_multi_remove_handle(multi_.get(), handle);
      const std::lock_guard lock(mutex_);
      exchanges_.remove_if([&](Exchange* exchange) {
        if (exchange->handle != handle) {
          return false;
        }
        exchange->result = result;
        end(*exchange, Exchange::State::kFinished);
        return true;
      });
      any = true;
    }
    return any;
  }

  static void end(Exchange& exchange, Exchange::State state) {
    exchange.state = state;
    exchange.ended.notify_one();
  }

  const CurlHttpClientOptions options_;
  const SystemClock clock_;
  std::optional<HostResolver> resolver_;
  CurlMultiPtr multi_;
  std::once_flag looked_at_peer_;
  std::mutex mutex_;  ///< guards what follows
  std::condition_variable all_left_;
  std::list<Exchange*> exchanges_;
  unsigned callers_ = 0;
  std::jthread thread_;  ///< last: joined before the rest goes
};

CurlHttpClient::CurlHttpClient(CurlHttpClientOptions options)
    : loop_(std::make_unique<Loop>(std::move(options))) {}

CurlHttpClient::~CurlHttpClient() = default;

HttpResponse CurlHttpClient::send(const HttpRequest& request,
                                  std::stop_token stop) {
  return loop_->send(request, stop);
}

}  // namespace acme
