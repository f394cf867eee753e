// SPDX-License-Identifier: BSD-2-Clause
// Where nginx's status endpoint is.
#include "acmectl/endpoint.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "acme_core/env/log.h"
#include "acmectl/refusal.h"

namespace acmectl {
namespace {

constexpr std::string_view kUnix = "unix:";

// How far an address is away; the nearest is asked.
enum class Reach : int { kSocket, kLoopback, kWildcard, kOther };

struct Listener {
  Endpoint how;  // no base_url
  Reach reach = Reach::kOther;
  bool tls = false;
};

struct Candidate {
  Endpoint endpoint;
  int rank = 0;
};

bool has(const ConfDirective& directive, std::string_view argument) {
  return std::find(directive.arguments.begin(), directive.arguments.end(),
                   argument) != directive.arguments.end();
}

std::string with_slash(std::string path) {
  if (!path.ends_with('/')) {
    path += '/';
  }
  return path;
}

// "127.0.0.1:80", "*:80", "80", "[::]:80", "localhost".
std::optional<Listener> address_listener(std::string_view text) {
  Listener listener;
  std::string host(text);
  std::string port = "80";
  const std::size_t colon =
      text.find(':', text.starts_with('[') ? text.find(']') : 0);
  if (colon != std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
  } else if (text.find_first_not_of("0123456789") == std::string_view::npos) {
    host = "*";
    port = text;
  }
  if (host.empty() || port.empty() ||
      port.find_first_not_of("0123456789") != std::string::npos) {
    return std::nullopt;  // a range of ports, or nothing we know
  }
  if (host == "*" || host == "0.0.0.0") {
    listener.reach = Reach::kWildcard;
    host = "127.0.0.1";
  } else if (host == "[::]") {
    listener.reach = Reach::kWildcard;
    host = "[::1]";
  } else if (host.starts_with("127.") || host == "[::1]" ||
             host == "localhost") {
    listener.reach = Reach::kLoopback;
  }
  listener.how.connect_to = host + ":" + port;
  return listener;
}

std::optional<Listener> read_listen(const ConfDirective& listen) {
  if (listen.arguments.empty() || has(listen, "quic")) {
    return std::nullopt;
  }
  const std::string& address = listen.arguments.front();
  std::optional<Listener> listener;
  if (address.starts_with(kUnix)) {
    listener.emplace();
    listener->how.unix_socket = address.substr(kUnix.size());
    listener->reach = Reach::kSocket;
  } else {
    listener = address_listener(address);
  }
  if (listener) {
    listener->tls = has(listen, "ssl");
    listener->how.proxy_protocol = has(listen, "proxy_protocol");
  }
  return listener;
}

std::vector<Listener> read_listeners(const ConfDirective& server) {
  std::vector<Listener> listeners;
  bool says_something = false;
  for (const ConfDirective& each : server.block) {
    if (each.name == "listen") {
      says_something = true;
      if (auto listener = read_listen(each)) {
        listeners.push_back(std::move(*listener));
      }
    }
  }
  if (!says_something) {
    listeners.push_back(*address_listener("80"));
  }
  return listeners;
}

// What the request is for, so that nginx takes it to this server.
std::string host_of(const ConfDirective& server) {
  for (const ConfDirective& each : server.block) {
    if (each.name != "server_name") {
      continue;
    }
    for (std::string name : each.arguments) {
      if (name.starts_with('.')) {
        name.erase(0, 1);
      }
      if (!name.empty() && name != "_" &&
          name.find_first_of("~*$/ \"") == std::string::npos) {
        return name;
      }
    }
  }
  return "localhost";
}

// Calls `use` with the path of each location that has acme_status.
template <typename Use>
void for_each_status(const std::vector<ConfDirective>& block, const Use& use) {
  for (const ConfDirective& each : block) {
    if (each.name != "location" || each.arguments.empty()) {
      continue;
    }
    // "= /path" has nothing below it, and what a pattern means is not known.
    const bool is_prefix = each.arguments.size() == 1
                               ? each.arguments.front().starts_with('/')
                               : each.arguments.front() == "^~";
    if (!is_prefix) {
      continue;
    }
    for (const ConfDirective& inner : each.block) {
      if (inner.name == "acme_status" && !has(inner, "off")) {
        use(each.arguments.back(), has(inner, "write=on"));
      }
    }
    for_each_status(each.block, use);
  }
}

void add_candidates(const ConfDirective& server,
                    std::vector<Candidate>& candidates) {
  const std::vector<Listener> listeners = read_listeners(server);
  const std::string host = host_of(server);
  for_each_status(server.block, [&](const std::string& path, bool writable) {
    for (const Listener& listener : listeners) {
      Candidate candidate{listener.how, static_cast<int>(listener.reach)};
      candidate.endpoint.base_url =
          (listener.tls ? "https://" : "http://") + host + with_slash(path);
      candidate.endpoint.is_writable = writable;
      candidate.rank += listener.tls ? 10 : 0;
      candidate.rank += listener.how.proxy_protocol ? 20 : 0;
      candidates.push_back(std::move(candidate));
    }
  });
}

Endpoint parse_unix(std::string_view rest) {
  const std::size_t prefix = rest.find(":/");
  Endpoint endpoint;
  endpoint.unix_socket = rest.substr(0, prefix);
  endpoint.base_url = "http://localhost" +
                      (prefix == std::string_view::npos
                           ? std::string("/")
                           : with_slash(std::string(rest.substr(prefix + 1))));
  if (endpoint.unix_socket.empty()) {
    throw Refusal(kUsage, "\"unix:\" lacks the path of the socket");
  }
  return endpoint;
}

}  // namespace

std::string Endpoint::describe() const {
  if (!unix_socket.empty()) {
    const std::size_t path = base_url.find('/', base_url.find("://") + 3);
    return std::string(kUnix) + unix_socket + ":" + base_url.substr(path);
  }
  return connect_to.empty() ? base_url : base_url + " at " + connect_to;
}

Endpoint parse_server(std::string_view text) {
  if (text.starts_with(kUnix)) {
    return parse_unix(text.substr(kUnix.size()));
  }
  if (!text.starts_with("http://") && !text.starts_with("https://")) {
    throw Refusal(kUsage, "\"" + acme::printable(text, 200) +
                              "\" is no endpoint: write http://HOST/PREFIX/, "
                              "https://HOST/PREFIX/ or unix:PATH:/PREFIX/");
  }
  const std::size_t host = text.find("://") + 3;
  const std::string_view rest = text.substr(host);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.find('@') != std::string_view::npos) {
    // Not shown: others would read it where this message ends up.
    throw Refusal(kUsage,
                  "a password does not belong on a command line, where others "
                  "see it: use --auth-file");
  }
  if (authority.empty() || rest.find_first_of("?# \t\r\n") != rest.npos) {
    throw Refusal(kUsage,
                  "\"" + acme::printable(text, 200) + "\" is no endpoint");
  }
  Endpoint endpoint;
  endpoint.base_url = with_slash(std::string(text));
  return endpoint;
}

std::vector<Endpoint> find_endpoints(const std::vector<ConfDirective>& conf) {
  std::vector<Candidate> candidates;
  for (const ConfDirective& http : conf) {
    if (http.name != "http") {
      continue;
    }
    for (const ConfDirective& server : http.block) {
      if (server.name == "server") {
        add_candidates(server, candidates);
      }
    }
  }
  std::stable_sort(
      candidates.begin(), candidates.end(),
      [](const Candidate& a, const Candidate& b) { return a.rank < b.rank; });
  std::vector<Endpoint> endpoints;
  endpoints.reserve(candidates.size());
  for (Candidate& each : candidates) {
    endpoints.push_back(std::move(each.endpoint));
  }
  return endpoints;
}

}  // namespace acmectl
