// SPDX-License-Identifier: BSD-2-Clause
// An https server on the loopback interface that answers as a test says.
#pragma once

#include <openssl/ssl.h>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "acme_core/crypto/openssl.h"
#include "acme_core/crypto/private_key.h"

namespace acme {

/// HTTP/1.1 over TLS on a port of its own, one thread for every connection.
/// Answers are raw bytes, right or wrong. The destructor ends all connections.
class HttpTestServer {
 public:
  struct Request {
    std::string head;  ///< request line and fields, as they came
    std::string body;

    [[nodiscard]] std::string_view path() const;
  };

  /// What a request gets.
  struct Reply {
    enum class Then {
      kKeepOpen,  ///< waits for the next request
      kClose,     ///< says goodbye (close_notify) and closes
      kAbort,     ///< closes without a word, as a broken connection does
      kStall,     ///< sends nothing more and waits until the client goes
    };

    std::string bytes;
    Then then = Then::kKeepOpen;
  };

  using Script = std::function<Reply(const Request&)>;

  /// Serves `chain` (PEM, the leaf first) with its `key`. The script runs on
  /// the connections' threads, several at once.
  HttpTestServer(const std::string& chain, const PrivateKey& key,
                 Script script);
  ~HttpTestServer();
  HttpTestServer(const HttpTestServer&) = delete;
  HttpTestServer& operator=(const HttpTestServer&) = delete;

  /// "https://127.0.0.1:PORT" and the path.
  [[nodiscard]] std::string url(std::string_view path = "/") const;

  /// A whole response with its Content-Length; `fields` end with CR LF.
  [[nodiscard]] static std::string response(std::string_view status_line,
                                            std::string_view fields,
                                            std::string_view body);

  /// Connections accepted so far, also those whose handshake failed.
  [[nodiscard]] unsigned accepted() const;
  /// The requests read so far, in order.
  [[nodiscard]] std::vector<Request> requests() const;

  /// Blocks until that many requests were answered, as far as their script
  /// says: a stalling one counts as soon as its bytes were sent.
  void wait_for_answers(std::size_t count) const;
  /// Blocks until every connection accepted so far has ended.
  void wait_for_disconnect() const;

 private:
  struct Connection {
    explicit Connection(int descriptor) : socket(descriptor) {}

    int socket;
    bool open = true;
    std::jthread thread;
  };
  using SslCtxPtr = std::unique_ptr<SSL_CTX, OpensslDeleter<SSL_CTX_free>>;

  void load(const std::string& chain, const PrivateKey& key);
  void listen();
  void accept_connections();
  void serve(int socket);
  [[nodiscard]] bool answer(SSL& tls, const Request& request);

  Script script_;
  SslCtxPtr context_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;  ///< guards what follows
  mutable std::condition_variable changed_;
  bool stopping_ = false;
  unsigned accepted_ = 0;
  std::size_t open_ = 0;
  std::size_t answered_ = 0;
  std::vector<Request> requests_;
  std::list<Connection> connections_;
  std::jthread acceptor_;
};

}  // namespace acme
