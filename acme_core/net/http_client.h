// SPDX-License-Identifier: BSD-2-Clause
// The door to the network.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/secret.h"

namespace acme {

/// A field of a request's header, such as a password.
struct HttpField {
  std::string name;
  SecretBytes value;  ///< visible characters and spaces
};

struct HttpRequest {
  enum class Method { kGet, kHead, kPost };

  Method method = Method::kGet;
  std::string url;
  std::string body;                    ///< sent with kPost only
  std::string content_type;            ///< of the body
  std::string accept;                  ///< empty: no Accept header
  std::vector<HttpField> fields = {};  ///< others, of this request alone
  /// "ADDRESS:PORT" to connect to, whatever the URL's host; empty: as it says.
  std::string connect_to;
  /// The socket in the file system to connect to instead; empty: none.
  std::string unix_socket;
  /// The connection begins with a PROXY protocol header, as its listener wants.
  bool proxy_protocol = false;
  /// Over a connection of its own, so that it is never sent a second time: on
  /// one that was kept, nobody knows whether the server read it before closing.
  bool once = false;
  /// For an answer that does not end: takes the pieces of its body as they
  /// come, whatever its status, on a thread of the client's that must not wait.
  /// False ends the exchange as if the answer ended there. It throws nothing.
  /// The response's body stays empty, and no time limit holds but that for the
  /// connection.
  std::function<bool(std::string_view piece)> on_body = {};
  /// How long the answer may take once a stop was requested. For what must not
  /// be asked twice.
  std::chrono::milliseconds grace{0};
};

struct HttpResponse {
  int status = 0;
  std::string body;
  /// Field names in lower case; of repeated fields all values, in order.
  std::multimap<std::string, std::string> headers;

  /// First value of the field (name in lower case), or nullopt.
  [[nodiscard]] std::optional<std::string_view> header(
      const std::string& name) const;
};

/// Thread-safe: requests of several threads run at the same time.
class HttpClient {
 public:
  virtual ~HttpClient() = default;

  /// Sends the request and waits for the whole response, whatever its status.
  /// Throws Error(kUnavailable) when none came: name not found, refused, time
  /// out, TLS not trusted, response over the size limit, truncated; and
  /// Error(kStopped) when stop was requested meanwhile and its grace is over.
  [[nodiscard]] virtual HttpResponse send(const HttpRequest& request,
                                          std::stop_token stop) = 0;
};

}  // namespace acme
