// SPDX-License-Identifier: BSD-2-Clause
// OpenSSL between two buffers in memory.
#include "acme_core/crypto/tls_connection.h"

#include <openssl/err.h>

#include <new>
#include <utility>

#include "acme_core/crypto/private_key.h"
#include "acme_core/error.h"

namespace acme {
namespace {

Error unusable_tls(const std::string& what) {
  return {ErrorKind::kConfiguration, what + ": " + take_openssl_errors()};
}

BioPtr reader_of(const std::string& text) {
  BioPtr bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  if (!bio) {
    throw std::bad_alloc();
  }
  return bio;
}

X509Ptr next_certificate(BIO* text) {
  return X509Ptr(PEM_read_bio_X509(text, nullptr, nullptr, nullptr));
}

void trust(SSL_CTX* context, const std::string& certificates) {
  if (certificates.empty()) {
    if (SSL_CTX_set_default_verify_paths(context) != 1) {
      throw unusable_tls("cannot use the system's trusted certificates");
    }
    return;
  }
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  const BioPtr text = reader_of(certificates);
  bool has_any = false;
  while (const X509Ptr certificate = next_certificate(text.get())) {
    has_any = X509_STORE_add_cert(store, certificate.get()) == 1 || has_any;
  }
  if (!has_any) {
    throw unusable_tls("no usable certificate among the trusted ones");
  }
  // As curl does it: what the operator named is trusted, root or not.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
}

void present(SSL_CTX* context, const TlsSettings& settings) {
  const BioPtr text = reader_of(settings.client_certificate);
  const X509Ptr leaf = next_certificate(text.get());
  if (!leaf || SSL_CTX_use_certificate(context, leaf.get()) != 1) {
    throw unusable_tls("cannot use the client certificate");
  }
  while (const X509Ptr issuer = next_certificate(text.get())) {
    if (SSL_CTX_add1_chain_cert(context, issuer.get()) != 1) {
      throw unusable_tls("cannot use the chain of the client certificate");
    }
  }
  const auto key = PrivateKey::from_pem(settings.client_key);
  if (!key || SSL_CTX_use_PrivateKey(context, key->get()) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    throw unusable_tls("the key is not the one of the client certificate");
  }
}

// RFC 8446 section 6: what it can say of the other's certificate.
bool is_about_our_certificate(unsigned long code) {
  if (ERR_GET_LIB(code) != ERR_LIB_SSL) {
    return false;
  }
  switch (ERR_GET_REASON(code) - SSL_AD_REASON_OFFSET) {
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_UNKNOWN_CA:
    case SSL_AD_ACCESS_DENIED:
    case SSL_AD_CERTIFICATE_REQUIRED:
      return true;
    default:
      return false;
  }
}

Error tls_failure() {
  if (is_about_our_certificate(ERR_peek_error())) {
    return {
        ErrorKind::kPermanent,
        "it refuses our certificate, or wants one: " + take_openssl_errors()};
  }
  return {ErrorKind::kUnavailable, "TLS: " + take_openssl_errors()};
}

}  // namespace

TlsContext::TlsContext(const TlsSettings& settings)
    : context_(SSL_CTX_new(TLS_client_method())) {
  const OpensslErrorScope errors;
  if (!context_ ||
      SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION) != 1) {
    throw openssl_error("cannot set up TLS");
  }
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  trust(context_.get(), settings.trusted_certificates);
  if (!settings.client_certificate.empty()) {
    present(context_.get(), settings);
  }
}

TlsConnection::TlsConnection(const TlsContext& context, const std::string& host)
    : tls_(SSL_new(context.get())) {
  const OpensslErrorScope errors;
  BioPtr incoming(BIO_new(BIO_s_mem()));
  BioPtr outgoing(BIO_new(BIO_s_mem()));
  if (!tls_ || !incoming || !outgoing) {
    throw std::bad_alloc();
  }
  incoming_ = incoming.get();
  outgoing_ = outgoing.get();
  SSL_set_bio(tls_.get(), incoming.release(), outgoing.release());
  SSL_set_connect_state(tls_.get());
  X509_VERIFY_PARAM* wanted = SSL_get0_param(tls_.get());
  const bool is_address =
      X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str()) == 1;
  // RFC 6066 section 3: addresses are not sent as server names.
  if (!is_address &&
      (SSL_set1_host(tls_.get(), host.c_str()) != 1 ||
       SSL_set_tlsext_host_name(tls_.get(), host.c_str()) != 1)) {
    throw openssl_error("cannot ask for \"" + host + "\" by TLS");
  }
}

void TlsConnection::feed(std::span<const char> bytes) {
  if (BIO_write(incoming_, bytes.data(), static_cast<int>(bytes.size())) !=
      static_cast<int>(bytes.size())) {
    throw std::bad_alloc();
  }
}

std::string TlsConnection::take_output() {
  std::string taken(BIO_ctrl_pending(outgoing_), '\0');
  const int count =
      BIO_read(outgoing_, taken.data(), static_cast<int>(taken.size()));
  taken.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return taken;
}

bool TlsConnection::shake_hands() {
  const OpensslErrorScope errors;
  const int result = SSL_do_handshake(tls_.get());
  if (result != 1) {
    require_patience(result);
  }
  return result == 1;
}

void TlsConnection::write(std::string_view text) {
  const OpensslErrorScope errors;
  std::size_t written = 0;
  // There is room in memory for all of it at once.
  if (!text.empty() &&
      SSL_write_ex(tls_.get(), text.data(), text.size(), &written) != 1) {
    throw tls_failure();
  }
}

std::size_t TlsConnection::read(std::span<char> into) {
  const OpensslErrorScope errors;
  std::size_t count = 0;
  const int result = SSL_read_ex(tls_.get(), into.data(), into.size(), &count);
  if (result != 1) {
    require_patience(result);
    return 0;
  }
  return count;
}

void TlsConnection::require_patience(int result) const {
  const int reason = SSL_get_error(tls_.get(), result);
  if (reason == SSL_ERROR_WANT_READ) {
    return;
  }
  if (reason == SSL_ERROR_ZERO_RETURN) {
    throw Error(ErrorKind::kUnavailable, "it closed the connection");
  }
  const long verdict = SSL_get_verify_result(tls_.get());
  if (verdict != X509_V_OK) {
    throw Error(ErrorKind::kUnavailable,
                std::string("its certificate cannot be trusted: ") +
                    X509_verify_cert_error_string(verdict));
  }
  throw tls_failure();
}

}  // namespace acme
