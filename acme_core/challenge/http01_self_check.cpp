// SPDX-License-Identifier: BSD-2-Clause
// Our own look at our own listeners.
#include "acme_core/challenge/http01_self_check.h"

#include <string_view>
#include <utility>

#include "acme_core/error.h"

namespace acme {
namespace {

std::string in_url(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

std::string name_of(const ListenAddress& listener) {
  return listener.unix_socket.empty()
             ? in_url(listener.host) + ":" + std::to_string(listener.port)
             : "unix:" + listener.unix_socket;
}

HttpRequest request_to(const ListenAddress& listener, std::string url) {
  HttpRequest request;
  request.url = std::move(url);
  request.unix_socket = listener.unix_socket;
  request.connect_to =
      listener.unix_socket.empty() ? name_of(listener) : std::string();
  request.proxy_protocol = listener.proxy_protocol;
  return request;
}

std::string_view trim_end(std::string_view text) {
  return text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
}

}  // namespace

Http01SelfCheck::Http01SelfCheck(HttpClient& http,
                                 std::vector<ListenAddress> listeners)
    : http_(http), listeners_(std::move(listeners)) {}

std::string Http01SelfCheck::fault(const Identifier& identifier,
                                   const std::string& token,
                                   const std::string& key_authorization,
                                   std::stop_token stop) const {
  if (listeners_.empty()) {
    return "no server listens on plain HTTP, where the CA looks; add \"listen "
           "80;\" to a server";
  }
  const std::string url = "http://" + in_url(identifier.value) +
                          "/.well-known/acme-challenge/" + token;
  std::string faults;
  bool all_asked = true;
  for (const ListenAddress& listener : listeners_) {
    const HttpRequest request = request_to(listener, url);
    std::string fault;
    try {
      const HttpResponse response = http_.send(request, stop);
      if (response.status == 200 &&
          trim_end(response.body) == key_authorization) {
        return {};
      }
      fault = response.status == 200
                  ? "something else answered"
                  : "HTTP " + std::to_string(response.status);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::kStopped) {
        throw;
      }
      // Its folder may be open to what is in front of nginx, and not to us.
      all_asked = all_asked && listener.unix_socket.empty();
      fault = error.what();
    }
    faults.append(faults.empty() ? "" : ", ")
        .append(name_of(listener))
        .append(": ")
        .append(fault);
  }
  return all_asked ? faults : std::string();
}

}  // namespace acme
