// SPDX-License-Identifier: BSD-2-Clause
// Which keys a server's TLS settings can use.
#include "ngx_module/serve/tls_key_fit.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "acme_core/crypto/self_signed.h"
#include "acme_core/env/clock.h"
#include "ngx_module/nginx/ngx_types.h"

namespace ngx_acme {
namespace {

using acme::KeyType;
using SslPtr = std::unique_ptr<SSL, acme::OpensslDeleter<SSL_free>>;

struct Pair {
  acme::PrivateKey key;
  acme::X509Ptr certificate;
};

Pair make_pair_of(KeyType type) {
  acme::PrivateKey key = acme::PrivateKey::generate(type);
  const acme::TimePoint now = acme::SystemClock().now();
  acme::X509Ptr certificate =
      acme::make_self_signed(key, {.identifiers = {},
                                   .common_name = "ngx-acme trial",
                                   .not_before = now,
                                   .lifetime = std::chrono::hours(1)});
  return {std::move(key), std::move(certificate)};
}

// The ssl module's functions set up a copy of the server's context: that one
// has callbacks, which expect a connection of nginx's.
bool copy_settings(ngx_conf_t* cf, const ngx_http_ssl_srv_conf_t& server,
                   SSL_CTX* copy) {
  SSL_CTX* original = server.ssl.ctx;
  const auto options = SSL_CTX_get_options(original);
  SSL_CTX_clear_options(copy, SSL_CTX_get_options(copy) & ~options);
  SSL_CTX_set_options(copy, options);
  SSL_CTX_set_security_level(copy, SSL_CTX_get_security_level(original));
  ngx_ssl_t ssl{};
  ssl.ctx = copy;
  ssl.log = cf->log;
  // nginx makes the names of files absolute where they stand.
  auto& conf = const_cast<ngx_http_ssl_srv_conf_t&>(server);
  return SSL_CTX_set_min_proto_version(
             copy, SSL_CTX_get_min_proto_version(original)) == 1 &&
         SSL_CTX_set_max_proto_version(
             copy, SSL_CTX_get_max_proto_version(original)) == 1 &&
         ngx_ssl_ciphers(cf, &ssl, &conf.ciphers,
                         static_cast<ngx_uint_t>(conf.prefer_server_ciphers)) ==
             NGX_OK &&
         ngx_ssl_dhparam(cf, &ssl, &conf.dhparam) == NGX_OK &&
         ngx_ssl_ecdh_curve(cf, &ssl, &conf.ecdh_curve) == NGX_OK &&
         ngx_ssl_conf_commands(cf, &ssl, conf.conf_commands) == NGX_OK;
}

acme::SslCtxPtr most_capable_client() {
  acme::SslCtxPtr context(SSL_CTX_new(TLS_client_method()));
  if (!context || SSL_CTX_set_min_proto_version(context.get(), 0) != 1 ||
      SSL_CTX_set_cipher_list(context.get(), "ALL:!aNULL:!eNULL:@SECLEVEL=0") !=
          1) {
    return nullptr;
  }
  return context;
}

bool limit_to(SSL* client, TlsVersions version) {
  return version == TlsVersions::k13
             ? SSL_set_min_proto_version(client, TLS1_3_VERSION) == 1
             : SSL_set_max_proto_version(client, TLS1_2_VERSION) == 1;
}

bool needs_more_input(const SSL* ssl, int result) {
  const int error = SSL_get_error(ssl, result);
  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

bool carry_out(SSL* client, SSL* server) {
  constexpr int kMostRounds = 20;
  for (int round = 0; round < kMostRounds; ++round) {
    const int at_client = SSL_do_handshake(client);
    if (at_client != 1 && !needs_more_input(client, at_client)) {
      return false;
    }
    const int at_server = SSL_do_handshake(server);
    if (at_server != 1 && !needs_more_input(server, at_server)) {
      return false;
    }
    if (at_client == 1 && at_server == 1) {
      return true;
    }
  }
  return false;
}

std::string joined(const ngx_array_t* pairs) {
  std::string text;
  if (pairs != nullptr) {
    const auto [first, last] = elements<ngx_keyval_t>(*pairs);
    std::for_each(first, last, [&](const ngx_keyval_t& pair) {
      text.append(view(pair.key)).append(1, '=');
      text.append(view(pair.value)).append(1, '\n');
    });
  }
  return text;
}

}  // namespace

TlsVersions version_of(const SSL* ssl) noexcept {
  return SSL_version(ssl) >= TLS1_3_VERSION ? TlsVersions::k13
                                            : TlsVersions::kBefore13;
}

KeyFit::KeyFit(ngx_conf_t* cf, const ngx_http_ssl_srv_conf_t& server)
    : context_(SSL_CTX_new(TLS_method())), client_(most_capable_client()) {
  const acme::OpensslErrorScope errors;
  if (!context_ || !client_ || !copy_settings(cf, server, context_.get())) {
    throw acme::openssl_error("cannot try the server's TLS settings");
  }
}

TlsVersions KeyFit::serves(X509* certificate, EVP_PKEY* key) {
  const auto [entry, is_new] = known_.try_emplace(
      {EVP_PKEY_get_base_id(key), EVP_PKEY_get_bits(key)}, TlsVersions::kNone);
  if (!is_new) {
    return entry->second;
  }
  for (const TlsVersions version : {TlsVersions::kBefore13, TlsVersions::k13}) {
    // A client that is like the server knows groups and signatures that
    // OpenSSL's own list may lack.
    if (lacking(enabled(), version) == TlsVersions::kNone &&
        (handshake(client_.get(), version, certificate, key) ||
         handshake(context_.get(), version, certificate, key))) {
      entry->second = entry->second | version;
    }
  }
  return entry->second;
}

TlsVersions KeyFit::serves(KeyType type) {
  const auto found =
      known_.find({acme::is_ecdsa(type) ? EVP_PKEY_EC : EVP_PKEY_RSA,
                   static_cast<int>(acme::key_bits(type))});
  if (found != known_.end()) {
    return found->second;
  }
  const Pair pair = make_pair_of(type);
  return serves(pair.certificate.get(), pair.key.get());
}

TlsVersions KeyFit::servable() {
  if (choice_.empty()) {
    static_cast<void>(choose(false));
  }
  TlsVersions versions = TlsVersions::kNone;
  for (const KeyType type : choice_) {
    versions = versions | serves(type);
  }
  return versions;
}

// P-256 wherever it does. Making an RSA key to try takes a moment, and most
// settings need none.
std::vector<KeyType> KeyFit::choose(bool has_rsa) {
  if (choice_.empty()) {
    const KeyType ecdsa = first_that_serves(
        {KeyType::kEcdsa256, KeyType::kEcdsa384, KeyType::kEcdsa521});
    choice_ = {ecdsa};
    const TlsVersions missing = lacking(serves(ecdsa), enabled());
    if (missing != TlsVersions::kNone) {
      const KeyType rsa =
          first_that_serves({KeyType::kRsa2048, KeyType::kRsa3072});
      const TlsVersions by_rsa = serves(rsa);
      if (lacking(by_rsa, serves(ecdsa)) == TlsVersions::kNone &&
          by_rsa != serves(ecdsa)) {
        choice_ = {rsa};
      } else if (lacking(by_rsa, missing) != missing) {
        choice_ = {ecdsa, rsa};
      }
    }
  }
  if (has_rsa && choice_.size() == 1 && acme::is_ecdsa(choice_.front())) {
    const KeyType rsa =
        first_that_serves({KeyType::kRsa2048, KeyType::kRsa3072});
    if (serves(rsa) != TlsVersions::kNone) {
      return {choice_.front(), rsa};
    }
  }
  return choice_;
}

// The first of the list when none does.
KeyType KeyFit::first_that_serves(const std::vector<KeyType>& types) {
  const auto found = std::find_if(
      types.begin(), types.end(),
      [this](KeyType type) { return serves(type) != TlsVersions::kNone; });
  return found == types.end() ? types.front() : *found;
}

TlsVersions KeyFit::enabled() const noexcept {
  const auto options = SSL_CTX_get_options(context_.get());
  const auto lowest = SSL_CTX_get_min_proto_version(context_.get());
  const auto highest = SSL_CTX_get_max_proto_version(context_.get());
  TlsVersions versions = TlsVersions::kNone;
  if ((options & SSL_OP_NO_TLSv1_3) == 0 &&
      (highest == 0 || highest >= TLS1_3_VERSION)) {
    versions = versions | TlsVersions::k13;
  }
  constexpr auto kNoneBefore13 =
      SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_TLSv1_2;
  if ((options & kNoneBefore13) != kNoneBefore13 && lowest < TLS1_3_VERSION) {
    versions = versions | TlsVersions::kBefore13;
  }
  return versions;
}

bool KeyFit::handshake(SSL_CTX* client_context, TlsVersions version,
                       X509* certificate, EVP_PKEY* key) const {
  const acme::OpensslErrorScope errors;
  const SslPtr client(SSL_new(client_context));
  const SslPtr server(SSL_new(context_.get()));
  BIO* at_client = nullptr;
  BIO* at_server = nullptr;
  if (!client || !server ||
      BIO_new_bio_pair(&at_client, 0, &at_server, 0) != 1) {
    return false;
  }
  SSL_set_bio(client.get(), at_client, at_client);
  SSL_set_bio(server.get(), at_server, at_server);
  SSL_set_connect_state(client.get());
  SSL_set_accept_state(server.get());
  // `ssl_conf_command` may have brought any of these.
  SSL_certs_clear(client.get());
  SSL_certs_clear(server.get());
  SSL_set_verify(client.get(), SSL_VERIFY_NONE, nullptr);
  SSL_set_verify(server.get(), SSL_VERIFY_NONE, nullptr);
  if (!limit_to(client.get(), version) ||
      SSL_use_cert_and_key(server.get(), certificate, key, nullptr, 1) != 1 ||
      !carry_out(client.get(), server.get())) {
    return false;
  }
  const acme::X509Ptr shown(SSL_get1_peer_certificate(client.get()));
  return shown != nullptr;
}

KeyFit& KeyFits::of(ngx_conf_t* cf, const ngx_http_ssl_srv_conf_t& server) {
  std::string settings;
  for (const auto number :
       {static_cast<std::uint64_t>(SSL_CTX_get_options(server.ssl.ctx)),
        static_cast<std::uint64_t>(
            SSL_CTX_get_min_proto_version(server.ssl.ctx)),
        static_cast<std::uint64_t>(
            SSL_CTX_get_max_proto_version(server.ssl.ctx)),
        static_cast<std::uint64_t>(SSL_CTX_get_security_level(server.ssl.ctx)),
        static_cast<std::uint64_t>(server.prefer_server_ciphers)}) {
    settings.append(std::to_string(number)).append(1, '\n');
  }
  for (const ngx_str_t& text :
       {server.ciphers, server.dhparam, server.ecdh_curve}) {
    settings.append(view(text)).append(1, '\n');
  }
  settings += joined(server.conf_commands);
  std::unique_ptr<KeyFit>& fit = fits_[settings];
  if (!fit) {
    fit = std::make_unique<KeyFit>(cf, server);
  }
  return *fit;
}

bool has_rsa_certificate(SSL_CTX* context) noexcept {
  for (auto found = SSL_CTX_set_current_cert(context, SSL_CERT_SET_FIRST);
       found == 1;
       found = SSL_CTX_set_current_cert(context, SSL_CERT_SET_NEXT)) {
    const EVP_PKEY* key = SSL_CTX_get0_privatekey(context);
    if (key != nullptr && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) {
      return true;
    }
  }
  return false;
}

}  // namespace ngx_acme
