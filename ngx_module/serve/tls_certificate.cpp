// SPDX-License-Identifier: BSD-2-Clause
// The certificate callback.
#include "ngx_module/serve/tls_certificate.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "acme_core/crypto/digest.h"
#include "acme_core/crypto/openssl.h"
#include "acme_core/crypto/openssl_compat.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/nginx/ngx_guard.h"
#include "ngx_module/serve/tls_client_fit.h"
#include "ngx_module/serve/tls_default_server.h"
#include "ngx_module/serve/tls_parsed_pair.h"
#include "ngx_module/serve/tls_spare_certificates.h"
#include "ngx_module/serve/wildcard_name.h"
#include "ngx_module/shared/shared_zone.h"

namespace ngx_acme {
namespace {

// OpenSSL shows one certificate of a context or a connection at a time, the
// "current" one. Which it is matters to nobody else: a handshake makes its own
// choice current.

// True when one of ours is `certificate`.
bool is_ours(const TlsPart& part, const X509* certificate) noexcept {
  const auto certificates = part.certificates();
  return std::any_of(certificates.begin(), certificates.end(),
                     [&](const TlsPart::Certificate& ours) {
                       return ours.leaf.get() == certificate;
                     });
}

bool has_others_than_ours(SSL_CTX* context, const TlsPart& part) noexcept {
  for (auto found = SSL_CTX_set_current_cert(context, SSL_CERT_SET_FIRST);
       found == 1;
       found = SSL_CTX_set_current_cert(context, SSL_CERT_SET_NEXT)) {
    if (!is_ours(part, SSL_CTX_get0_certificate(context))) {
      return true;
    }
  }
  return false;
}

std::size_t ready_count(const TlsPart& part) noexcept {
  const auto certificates = part.certificates();
  return static_cast<std::size_t>(std::count_if(
      certificates.begin(), certificates.end(),
      [](const TlsPart::Certificate& ours) { return ours.leaf != nullptr; }));
}

// True when the connection may go on with what it has: all of ours that are
// ready, and nothing else.
bool has_exactly_ours(SSL* ssl, const TlsPart& part,
                      std::size_t ready) noexcept {
  if (part.count == 1 && !part.has_foreign_certificates) {
    // There is but one, and a handshake that has none shows null.
    return is_ours(part, SSL_get_certificate(ssl));
  }
  std::size_t count = 0;
  for (auto found = SSL_set_current_cert(ssl, SSL_CERT_SET_FIRST); found == 1;
       found = SSL_set_current_cert(ssl, SSL_CERT_SET_NEXT)) {
    if (!is_ours(part, SSL_get_certificate(ssl))) {
      return false;
    }
    ++count;
  }
  return count == ready;
}

// The versions in which the pair can be used; nullopt: it would leave the
// context without anything that a client can use, which another key would not.
std::optional<TlsVersions> usable_versions(const TlsServer& server,
                                           const ParsedPair& parsed) {
  if (server.key_fit == nullptr) {
    return TlsVersions::kAll;
  }
  const TlsVersions versions =
      server.key_fit->serves(parsed.leaf.get(), parsed.key.get());
  return versions == TlsVersions::kNone &&
                 server.key_fit->servable() != TlsVersions::kNone
             ? std::nullopt
             : std::optional(versions);
}

// A context has one certificate for each kind of key, and what stands in for
// another may be of the wrong kind. True when `other` is to stay: it is of the
// same kind, and of more use.
bool is_in_the_way(const TlsPart::Certificate& other, const X509* leaf,
                   const Coverage& coverage) {
  if (!other.leaf ||
      EVP_PKEY_get_base_id(X509_get0_pubkey(leaf)) !=
          EVP_PKEY_get_base_id(X509_get0_pubkey(other.leaf.get()))) {
    return false;
  }
  const std::size_t missing = coverage.missing();
  const std::size_t others = other.coverage.missing();
  return others < missing ||
         (others == missing &&
          ASN1_TIME_compare(X509_get0_notAfter(other.leaf.get()),
                            X509_get0_notAfter(leaf)) > 0);
}

// Whether the pair is to be left out. What has expired does not take the place
// of the operator's own: they may be there because ours could not be renewed.
bool is_to_be_left_out(const TlsPart& part,
                       const TlsPart::Certificate& certificate,
                       const X509* leaf, const Coverage& coverage) {
  const auto certificates = part.certificates();
  return (part.has_foreign_certificates && has_expired(leaf)) ||
         std::any_of(certificates.begin(), certificates.end(),
                     [&](const TlsPart::Certificate& other) {
                       return &other != &certificate &&
                              is_in_the_way(other, leaf, coverage);
                     });
}

// Where the pair goes. The operator's own stay where they are until there is
// one that has all names.
SSL_CTX* place_for(TlsPart& part, TlsPart::Certificate& certificate,
                   SSL_CTX* context) {
  if (!part.has_foreign_certificates || certificate.coverage.has_all()) {
    return context;
  }
  if (!part.aside) {
    part.aside.reset(SSL_CTX_new(TLS_server_method()));
    if (!part.aside) {
      throw std::bad_alloc();
    }
  }
  return part.aside.get();
}

SSL_CTX* place_of(const TlsPart& part, const TlsPart::Certificate& ours,
                  SSL_CTX* context) {
  return ours.is_aside ? part.aside.get() : context;
}

// What has just been replaced by one of the same kind is no longer there.
void forget_replaced(TlsPart& part, const TlsPart::Certificate& certificate) {
  for (TlsPart::Certificate& other : part.certificates()) {
    if (&other != &certificate && other.leaf &&
        EVP_PKEY_get_base_id(X509_get0_pubkey(other.leaf.get())) ==
            EVP_PKEY_get_base_id(X509_get0_pubkey(certificate.leaf.get()))) {
      other.leaf.reset();
    }
  }
}

// Copies the newest pair out of the zone into the context, for this and all
// later connections. What does not fit leaves the context as it is.
void swap_in(SSL_CTX* context, const TlsServer& server, TlsPart& part,
             TlsPart::Certificate& certificate) {
  const std::optional<CopiedPair> pair =
      server.zone->copy_pair(certificate.index);
  if (!pair) {
    return;
  }
  // Also when it cannot be used: another try would fail the same way.
  certificate.installed = pair->generation;
  certificate.known = pair->generation;
  certificate.coverage = Coverage(pair->chain.front(), part.identifiers);
  ParsedPair parsed;
  std::optional<TlsVersions> versions;
  if (std::optional<ParsedPair> read = parse(*pair)) {
    parsed = std::move(*read);
    if (is_to_be_left_out(part, certificate, parsed.leaf.get(),
                          certificate.coverage)) {
      return;
    }
    versions = usable_versions(server, parsed);
    if (!versions) {
      ngx_log_error(
          NGX_LOG_ERR, ngx_cycle->log, 0,
          "acme: %s: it is not installed, the previous one stays: no "
          "client can use its key with the ciphers, protocols and signatures "
          "of the server; leave \"key\" out, or change \"ssl_ciphers\" or "
          "\"ssl_protocols\"",
          server.zone->subject(certificate.index).c_str());
      return;
    }
  }
  SSL_CTX* place = place_for(part, certificate, context);
  if (!versions ||
      SSL_CTX_use_cert_and_key(place, parsed.leaf.get(), parsed.key.get(),
                               parsed.issuers.get(), 1) != 1) {
    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "acme: %s: it cannot be installed, the previous one "
                  "stays: %s",
                  server.zone->subject(certificate.index).c_str(),
                  acme::take_openssl_errors().c_str());
    return;
  }
  certificate.leaf = std::move(parsed.leaf);
  certificate.is_aside = place != context;
  certificate.versions = *versions;
  certificate.compressed = renew_derived(place, server.compresses);
  forget_replaced(part, certificate);
}

// Copies the context's current certificate to the connection.
bool hand_over_current(SSL* ssl, SSL_CTX* context) {
  STACK_OF(X509)* issuers = nullptr;
  return SSL_CTX_get0_chain_certs(context, &issuers) == 1 &&
         SSL_use_cert_and_key(ssl, SSL_CTX_get0_certificate(context),
                              SSL_CTX_get0_privatekey(context), issuers,
                              1) == 1;
}

// Copies one of ours from the context, which has it, to the connection.
bool hand_over(SSL* ssl, SSL_CTX* context, const TlsPart::Certificate& ours) {
  if (SSL_CTX_select_current_cert(context, ours.leaf.get()) != 1 ||
      !hand_over_current(ssl, context)) {
    return false;
  }
  hand_over_derived(ssl, ours.compressed);
  return true;
}

void hand_over_others(SSL* ssl, SSL_CTX* context, const TlsPart& part) {
  for (auto found = SSL_CTX_set_current_cert(context, SSL_CERT_SET_FIRST);
       found == 1;
       found = SSL_CTX_set_current_cert(context, SSL_CERT_SET_NEXT)) {
    if (!is_ours(part, SSL_CTX_get0_certificate(context))) {
      // Clients that need it are turned away otherwise, and no others.
      static_cast<void>(hand_over_current(ssl, context));
    }
  }
}

// True when ours are all there and can be used in the connection's version.
bool is_complete(const SSL* ssl, const TlsPart& part, std::size_t ready) {
  TlsVersions versions = TlsVersions::kNone;
  for (const TlsPart::Certificate& ours : part.certificates()) {
    if (ours.leaf) {
      versions = versions | ours.versions;
    }
  }
  return ready == part.count &&
         lacking(versions, version_of(ssl)) == TlsVersions::kNone;
}

// True when the client needs nothing else than ours that are there. The
// operator's own may be older than ours, and some clients prefer its kind.
bool is_enough(SSL* ssl, const TlsPart& part) {
  const auto certificates = part.certificates();
  return std::any_of(certificates.begin(), certificates.end(),
                     [ssl](const TlsPart::Certificate& ours) {
                       return ours.leaf &&
                              is_usable_by_client(ssl, ours.leaf.get());
                     });
}

// Only those that have the name which the client asks for. False when there is
// none.
bool use_what_covers(SSL* ssl, SSL_CTX* context, const TlsServer& server,
                     const TlsPart& part, std::string_view name) {
  const auto serves = [&](const TlsPart::Certificate& ours) {
    return ours.leaf && ours.coverage.serves(name);
  };
  const auto certificates = part.certificates();
  if (std::none_of(certificates.begin(), certificates.end(), serves)) {
    return false;
  }
  SSL_certs_clear(ssl);
  for (const TlsPart::Certificate& ours : certificates) {
    if (serves(ours) && !hand_over(ssl, place_of(part, ours, context), ours)) {
      ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                    "acme: %s: it cannot be shown, the next connection tries "
                    "again: %s",
                    server.zone->subject(ours.index).c_str(),
                    acme::take_openssl_errors().c_str());
    }
  }
  return true;
}

// A connection copies its certificates when it begins; one that began before
// the swap, or whose context also holds the operator's own certificates, is
// given exactly ours.
void use_for_connection(SSL* ssl, SSL_CTX* context, const TlsServer& server,
                        const TlsPart& part, std::size_t ready) {
  // What was derived from those that it had goes with them.
  SSL_certs_clear(ssl);
  // The operator's serves clients that cannot use ours, or not yet.
  if (part.has_foreign_certificates && !is_complete(ssl, part, ready) &&
      !is_enough(ssl, part)) {
    hand_over_others(ssl, context, part);
  }
  for (const TlsPart::Certificate& ours : part.certificates()) {
    if (ours.leaf && !hand_over(ssl, context, ours)) {
      ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                    "acme: %s: it cannot be shown, the next connection tries "
                    "again: %s",
                    server.zone->subject(ours.index).c_str(),
                    acme::take_openssl_errors().c_str());
    }
  }
}

void swap_in_newer(SSL_CTX* context, const TlsServer& server, TlsPart& part) {
  bool swapped = false;
  for (TlsPart::Certificate& certificate : part.certificates()) {
    if (server.zone->generation(certificate.index) != certificate.installed) {
      swap_in(context, server, part, certificate);
      swapped = true;
    }
  }
  if (swapped) {
    part.has_foreign_certificates = has_others_than_ours(context, part);
    const auto certificates = part.certificates();
    part.is_partial =
        std::any_of(certificates.begin(), certificates.end(),
                    [](const TlsPart::Certificate& ours) {
                      return ours.leaf != nullptr && !ours.coverage.has_all();
                    });
  }
}

// Another of ours, which was issued for other servers.
bool show_spare(SSL* ssl, const TlsServer& server) {
  return server.spares != nullptr &&
         server.spares->show(ssl, requested_name(ssl));
}

// What a server without a certificate shows. With `acme_fallback reject` the
// connection gets here only when there is something.
bool show_stand_in(SSL* ssl, const TlsServer& server, TlsPart& part) {
  if (show_spare(ssl, server)) {
    return true;
  }
  const std::string_view name = requested_name(ssl);
  SSL_CTX* others = default_server_certificate_for(ssl, name);
  if (others != nullptr) {
    return show_certificates_of(ssl, others, name);
  }
  return server.fallback_policy != FallbackPolicy::kSelfSigned ||
         part.fallback.show(ssl, *server.fallback_key, part.identifiers);
}

TlsPart& part_that_is_asked_for(TlsServer& server, const SSL* ssl) noexcept {
  return server.parts.size() == 1 ? server.parts.front()
                                  : server.part_for(requested_name(ssl));
}

// Of the part's certificates.
SSL_CTX* bring_up_to_date(const TlsServer& server, TlsPart& part,
                          SSL_CTX* own) {
  SSL_CTX* context = part.context ? part.context.get() : own;
  if (server.zone != nullptr) {
    swap_in_newer(context, server, part);
  }
  return context;
}

int select_certificate(SSL* ssl, void* data) {
  TlsServer& server = *static_cast<TlsServer*>(data);
  TlsPart& part = part_that_is_asked_for(server, ssl);
  SSL_CTX* context = bring_up_to_date(server, part, SSL_get_SSL_CTX(ssl));
  const std::size_t ready = ready_count(part);
  if (ready != 0 && part.is_partial) {
    if (part.has_foreign_certificates && !is_enough(ssl, part)) {
      return 1;  // the operator's own are of another kind
    }
    if (use_what_covers(ssl, context, server, part, requested_name(ssl))) {
      return 1;
    }
    if (part.has_foreign_certificates) {
      static_cast<void>(show_spare(ssl, server));
      return 1;
    }
    // As if there was none for this client.
    return show_stand_in(ssl, server, part) ? 1 : 0;
  }
  if (ready != 0) {
    if (!has_exactly_ours(ssl, part, ready)) {
      use_for_connection(ssl, context, server, part, ready);
    }
  } else if (!server.parts.front().has_foreign_certificates) {
    return show_stand_in(ssl, server, part) ? 1 : 0;
  }
  return 1;
}

// nginx keeps the sessions of servers apart by their certificates and by the
// CAs of their clients. Ours have no certificates when it looks: their names
// stand in, which a reload does not change. Without it, a session that began at
// one server could go on at another that verifies its clients differently.
void keep_sessions_apart(SSL_CTX* context, const TlsServer& server) {
  std::string what = "ngx-acme";
  for (const TlsPart& part : server.parts) {
    for (const acme::Identifier& identifier : part.identifiers) {
      what.append(1, '\0').append(identifier.value);
    }
  }
  const STACK_OF(X509_NAME)* clients_cas = SSL_CTX_get_client_CA_list(context);
  for (int i = 0; i < sk_X509_NAME_num(clients_cas); ++i) {
    const unsigned char* der = nullptr;
    std::size_t size = 0;
    if (X509_NAME_get0_der(sk_X509_NAME_value(clients_cas, i), &der, &size) ==
        1) {
      what.append(1, '\0').append(reinterpret_cast<const char*>(der), size);
    }
  }
  const auto digest = acme::sha256(what);
  SSL_CTX_set_session_id_context(context, digest.data(), digest.size());
}

int context_index() noexcept {
  static const int index =
      SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

}  // namespace

void attach_certificates(SSL_CTX* context, TlsServer& server) {
  // A failure leaves the handshake to what the context has.
  SSL_CTX_set_cert_cb(context, guarded<select_certificate, 1, SSL*, void*>,
                      &server);
  SSL_CTX_set_ex_data(context, context_index(), &server);
  if (!server.parts.front().has_foreign_certificates) {
    keep_sessions_apart(context, server);
    if (server.compresses) {
      // nginx does so when it has compressed those of files.
      acme::allow_compressed_certificates(context, true);
    }
  }
}

SSL_CTX* context_with_newest(TlsServer& server, SSL_CTX* own,
                             std::string_view name) {
  return bring_up_to_date(server, server.part_for(name), own);
}

std::string_view requested_name(const SSL* ssl) noexcept {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  return name == nullptr ? std::string_view() : name;
}

TlsServer* tls_server_of(const SSL_CTX* context) noexcept {
  return static_cast<TlsServer*>(SSL_CTX_get_ex_data(context, context_index()));
}

}  // namespace ngx_acme
