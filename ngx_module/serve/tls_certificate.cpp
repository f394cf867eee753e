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
#include "ngx_module/serve/tls_spare_certificates.h"
#include "ngx_module/serve/tls_swap.h"
#include "ngx_module/serve/wildcard_name.h"
#include "ngx_module/shared/certificate_zone.h"

namespace ngx_acme {
namespace {

// OpenSSL shows one certificate of a context or a connection at a time, the
// "current" one. Which it is matters to nobody else: a handshake makes its own
// choice current.

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

SSL_CTX* place_of(const TlsPart& part, const TlsPart::Certificate& ours,
                  SSL_CTX* context) {
  return ours.is_aside ? part.aside.get() : context;
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
