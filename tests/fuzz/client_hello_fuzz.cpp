// SPDX-License-Identifier: BSD-2-Clause
// ClientHellos: the two extensions that TLS-ALPN-01 reads, by themselves or in
// a whole one that OpenSSL takes apart. The first byte of an input says which.
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "acme_core/crypto/openssl.h"
#include "ngx_module/challenge/client_hello.h"
#include "tests/fuzz/fuzz_input.h"

namespace acme {
namespace {

using ngx_acme::kAcmeTls;
using ngx_acme::offers_only_acme_tls;

std::string as_extension(const std::string& name) {
  const auto number = [](std::size_t size) {
    return std::string{static_cast<char>(size >> 8), static_cast<char>(size)};
  };
  const std::string entry = '\0' + number(name.size()) + name;
  return number(entry.size()) + entry;
}

void check_protocols(std::string_view extension) {
  if (offers_only_acme_tls(extension)) {
    expect(extension.size() == 3 + kAcmeTls.size() &&
               extension.ends_with(kAcmeTls),
           "acme-tls/1 is offered alone");
  }
}

void check_server_name(std::string_view extension) {
  const std::string name = ngx_acme::server_name(extension);
  if (name.empty()) {
    return;
  }
  expect(name.size() <= 255, "a server name is bounded");
  expect(name.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string::npos,
         "a server name is in lower case");
  const std::string again = as_extension(name);
  expect(again.size() == extension.size(), "it is all of the extension");
  expect(ngx_acme::server_name(again) == name, "a name is read as itself");
}

std::string_view extension(SSL* ssl, unsigned int type) {
  const unsigned char* data = nullptr;
  std::size_t size = 0;
  return SSL_client_hello_get0_ext(ssl, type, &data, &size) == 1
             ? as_text(data, size)
             : std::string_view();
}

int on_client_hello(SSL* ssl, int*, void*) {
  check_protocols(
      extension(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation));
  check_server_name(extension(ssl, TLSEXT_TYPE_server_name));
  return SSL_CLIENT_HELLO_ERROR;  // nothing behind it is ours
}

SSL_CTX* context() {
  static const SslCtxPtr made = [] {
    SslCtxPtr server(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_set_client_hello_cb(server.get(), on_client_hello, nullptr);
    return server;
  }();
  return made.get();
}

struct FreeSsl {
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
};

// The bytes of a connection from their first on.
void read_connection(std::string_view bytes) {
  const std::unique_ptr<SSL, FreeSsl> ssl(SSL_new(context()));
  BIO* input = BIO_new(BIO_s_mem());
  BIO* output = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl.get(), input, output);  // which owns them
  BIO_write(input, bytes.data(), static_cast<int>(bytes.size()));
  expect(SSL_accept(ssl.get()) != 1, "no handshake comes of one flight");
  ERR_clear_error();
}

}  // namespace
}  // namespace acme

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  acme::read_as({{'a', acme::check_protocols},
                 {'s', acme::check_server_name},
                 {'t', acme::read_connection}},
                data, size);
  return 0;
}
