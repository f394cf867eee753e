// SPDX-License-Identifier: BSD-2-Clause
// The tests' CA as a server, for benchmarks with more orders than Pebble bears.
//
//   ca_server ROOT_FILE [ADDRESS:PORT] [never]
//
// Listens on a port of its own on 127.0.0.1, writes the root of its own TLS
// certificate to ROOT_FILE, and prints the directory's URL. HTTP-01 challenges
// are fetched from ADDRESS:PORT; "never" leaves them pending, and without an
// address whatever is answered is good. A GET of /statistics says how many
// orders and certificates there were. Ends with its standard input.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <limits>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "acme_core/env/clock.h"
#include "acme_core/env/descriptor.h"
#include "acme_core/net/http_client.h"
#include "tests/support/http_test_server.h"
#include "tests/support/scripted_ca.h"
#include "tests/support/test_ca.h"

namespace {

using acme::HttpTestServer;

// The body of http://ADDRESS/.well-known/acme-challenge/TOKEN.
std::optional<std::string> fetch(const sockaddr_in& address,
                                 const std::string& host,
                                 const std::string& token) {
  const acme::Descriptor connection(
      socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const std::string request = "GET /.well-known/acme-challenge/" + token +
                              " HTTP/1.0\r\nHost: " + host + "\r\n\r\n";
  if (connect(connection.get(), reinterpret_cast<const sockaddr*>(&address),
              sizeof(address)) != 0 ||
      send(connection.get(), request.data(), request.size(), MSG_NOSIGNAL) !=
          static_cast<ssize_t>(request.size())) {
    return std::nullopt;
  }
  std::string response(4096, '\0');
  std::size_t size = 0;
  for (ssize_t count = 1; count > 0 && size < response.size();) {
    count = recv(connection.get(), response.data() + size,
                 response.size() - size, 0);
    size += count > 0 ? static_cast<std::size_t>(count) : 0;
  }
  response.resize(size);
  const std::size_t body = response.find("\r\n\r\n");
  if (body == std::string::npos || response.find(" 200 ") > body) {
    return std::nullopt;
  }
  return response.substr(body + 4);
}

std::optional<sockaddr_in> parse_address(const std::string& text) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos ||
      inet_pton(AF_INET, text.substr(0, colon).c_str(), &address.sin_addr) !=
          1) {
    return std::nullopt;
  }
  address.sin_port =
      htons(static_cast<in_port_t>(std::atoi(text.c_str() + colon + 1)));
  return address;
}

acme::HttpRequest translated(const HttpTestServer::Request& request,
                             const std::string& url) {
  acme::HttpRequest made;
  made.method =
      request.head.starts_with("POST")   ? acme::HttpRequest::Method::kPost
      : request.head.starts_with("HEAD") ? acme::HttpRequest::Method::kHead
                                         : acme::HttpRequest::Method::kGet;
  made.url = url;
  made.body = request.body;
  made.content_type = "application/jose+json";
  return made;
}

std::string written(const acme::HttpResponse& response, bool has_body) {
  std::string fields;
  for (const auto& [name, value] : response.headers) {
    fields.append(name).append(": ").append(value).append("\r\n");
  }
  return HttpTestServer::response(std::to_string(response.status) + " Answer",
                                  fields, has_body ? response.body : "");
}

std::string statistics(const acme::ScriptedCa& ca) {
  const auto number = [&ca](acme::Resource resource) {
    return std::to_string(ca.count(resource));
  };
  return HttpTestServer::response(
      "200 OK", "",
      "{\"orders\": " + number(acme::Resource::kNewOrder) +
          ", \"challenges\": " + number(acme::Resource::kChallenge) +
          ", \"certificates\": " + number(acme::Resource::kCertificate) + "}");
}

void serve(const std::string& root_file,
           const std::optional<sockaddr_in>& visited, bool never_validates) {
  acme::SystemClock clock;
  acme::ScriptedCa ca(clock);
  ca.validate_by(
      [visited](const acme::Identifier& identifier, const std::string& token) {
        return visited ? fetch(*visited, identifier.value, token)
                       : std::optional(token + ".");
      });
  if (never_validates) {
    ca.stay_validating(std::numeric_limits<int>::max());
  }
  acme::TestCa own;
  const acme::PrivateKey key =
      acme::PrivateKey::generate(acme::KeyType::kEcdsa256);
  const std::string chain = own.issue(acme::identifiers_of({"127.0.0.1"}), key,
                                      clock.now() - std::chrono::hours(1),
                                      clock.now() + std::chrono::hours(24));
  std::string base;
  const HttpTestServer server(
      chain, key, [&](const HttpTestServer::Request& request) {
        if (request.path() == "/statistics") {
          return HttpTestServer::Reply{statistics(ca)};
        }
        const std::string url = base + std::string(request.path().substr(1));
        return HttpTestServer::Reply{
            written(ca.send(translated(request, url), std::stop_token()),
                    !request.head.starts_with("HEAD"))};
      });
  base = server.url("/");
  ca.move_to(base);
  std::ofstream(root_file) << own.root_pem();
  std::cout << server.url("/dir") << std::endl;
  for (char byte = 0; read(STDIN_FILENO, &byte, 1) > 0;) {
  }
}

}  // namespace

int main(int argc, char** argv) {
  const auto visited =
      argc > 2 ? parse_address(argv[2]) : std::optional<sockaddr_in>();
  if (argc < 2 || (argc > 2 && !visited)) {
    std::cerr << "usage: ca_server ROOT_FILE [ADDRESS:PORT] [never]\n";
    return 2;
  }
  try {
    serve(argv[1], visited, argc > 3 && std::string_view(argv[3]) == "never");
  } catch (const std::exception& error) {
    std::cerr << "ca_server: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
