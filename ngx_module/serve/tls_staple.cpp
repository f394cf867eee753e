// SPDX-License-Identifier: BSD-2-Clause
// The status callback.
#include "ngx_module/serve/tls_staple.h"

#include <openssl/crypto.h>
#include <openssl/tls1.h>

#include <algorithm>
#include <limits>

#include "acme_core/crypto/asn1_values.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/nginx/ngx_guard.h"
#include "ngx_module/shared/certificate_zone.h"

namespace ngx_acme {
namespace {

// Which of ours the connection shows; nullptr: none of them.
const TlsPart::Certificate* find_shown(const TlsServer& server,
                                       const X509* leaf) noexcept {
  if (leaf == nullptr) {
    return nullptr;
  }
  for (const TlsPart& part : server.parts) {
    for (const TlsPart::Certificate& ours : part.certificates()) {
      if (ours.leaf.get() == leaf) {
        return &ours;
      }
    }
  }
  return nullptr;
}

// The operator's file is as good as nginx takes it: without an end.
CopiedStaple from_file(const TlsStaples& staples,
                       const TlsPart::Certificate& shown) {
  CopiedStaple staple{
      0, shown.installed, std::numeric_limits<std::int64_t>::max(), {}};
  const std::string serial =
      acme::hexadecimal(X509_get0_serialNumber(shown.leaf.get()));
  if (std::find(staples.file_serials.begin(), staples.file_serials.end(),
                serial) != staples.file_serials.end()) {
    staple.response = staples.file;
  }
  return staple;
}

const CopiedStaple& newest(TlsStaples& staples,
                           const TlsPart::Certificate& shown) {
  CopiedStaple& copy = staples.copies[shown.index];
  if (!staples.file.empty()) {
    if (copy.pair != shown.installed) {
      copy = from_file(staples, shown);
    }
  } else if (const CertificateZone* zone = staples.server->zone;
             zone != nullptr &&
             zone->staple_generation(shown.index) != copy.generation) {
    copy = zone->copy_staple(shown.index);
  }
  return copy;
}

int show_staple(SSL* ssl, void* data) {
  TlsStaples& staples = *static_cast<TlsStaples*>(data);
  const TlsPart::Certificate* shown =
      find_shown(*staples.server, SSL_get_certificate(ssl));
  if (shown == nullptr) {
    return staples.nginx_callback == nullptr
               ? SSL_TLSEXT_ERR_NOACK
               : staples.nginx_callback(ssl, staples.nginx_data);
  }
  const CopiedStaple& staple = newest(staples, *shown);
  // The zone may be ahead of the pair that this connection began with.
  if (staple.response.empty() || staple.pair != shown->installed ||
      staple.valid_until <= ngx_time()) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  // OpenSSL frees it with the connection.
  void* response =
      OPENSSL_memdup(staple.response.data(), staple.response.size());
  if (response == nullptr) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  SSL_set_tlsext_status_ocsp_resp(ssl, static_cast<unsigned char*>(response),
                                  static_cast<long>(staple.response.size()));
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

void attach_staples(TlsStaples& staples) {
  for (const TlsPart& part : staples.server->parts) {
    for (const TlsPart::Certificate& ours : part.certificates()) {
      staples.copies.emplace(ours.index, CopiedStaple());
    }
  }
  SSL_CTX_get_tlsext_status_cb(staples.context, &staples.nginx_callback);
  SSL_CTX_get_tlsext_status_arg(staples.context, &staples.nginx_data);
  SSL_CTX_set_tlsext_status_cb(
      staples.context,
      (guarded<show_staple, SSL_TLSEXT_ERR_NOACK, SSL*, void*>));
  SSL_CTX_set_tlsext_status_arg(staples.context, &staples);
}

}  // namespace ngx_acme
