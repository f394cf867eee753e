// SPDX-License-Identifier: BSD-2-Clause
// From shared memory into a worker's SSL contexts.
#include "ngx_module/serve/tls_swap.h"

#include <openssl/x509.h>

#include <algorithm>
#include <new>
#include <optional>
#include <utility>

#include "ngx_module/nginx/ngx.h"
#include "ngx_module/serve/tls_parsed_pair.h"
#include "ngx_module/serve/tls_shown_certificate.h"
#include "ngx_module/shared/certificate_zone.h"
#include "ngx_module/shared/status_zone.h"

namespace ngx_acme {
namespace {

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
  mark_as_managed(parsed.leaf.get());
  certificate.leaf = std::move(parsed.leaf);
  certificate.is_aside = place != context;
  certificate.versions = *versions;
  certificate.compressed = renew_derived(place, server.compresses);
  forget_replaced(part, certificate);
  if (server.status != nullptr) {
    server.status->note_installed(certificate.index, certificate.installed);
  }
}

}  // namespace

bool is_ours(const TlsPart& part, const X509* certificate) noexcept {
  const auto certificates = part.certificates();
  return std::any_of(certificates.begin(), certificates.end(),
                     [&](const TlsPart::Certificate& ours) {
                       return ours.leaf.get() == certificate;
                     });
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

}  // namespace ngx_acme
