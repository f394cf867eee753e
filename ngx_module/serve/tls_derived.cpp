// SPDX-License-Identifier: BSD-2-Clause
// What OpenSSL and nginx derive from certificates when they load them.
#include "ngx_module/serve/tls_derived.h"

#include <utility>

#include "acme_core/crypto/openssl.h"
#include "acme_core/crypto/openssl_compat.h"

namespace ngx_acme {

CompressedForms renew_derived(SSL_CTX* context, bool compresses) {
  CompressedForms forms;
  if (!acme::kHasCertificateCompression || !compresses) {
    return forms;
  }
  const acme::OpensslErrorScope errors;
  const bool is_renewed = acme::compress_certificates(context);
  // What could not be renewed is not sent.
  acme::allow_compressed_certificates(context, is_renewed);
  if (!is_renewed) {
    return forms;
  }
  for (const int algorithm : acme::kCompressionAlgorithms) {
    unsigned char* bytes = nullptr;
    CompressedForm form;
    form.algorithm = algorithm;
    const std::size_t size =
        acme::compressed_form(context, algorithm, &bytes, &form.original_size);
    const acme::OpensslMemoryPtr<unsigned char> owner(bytes);
    if (size != 0 && size < form.original_size) {
      form.bytes.assign(bytes, bytes + size);
      forms.push_back(std::move(form));
    }
  }
  return forms;
}

void hand_over_derived(SSL* ssl, const CompressedForms& forms) {
  const acme::OpensslErrorScope errors;
  for (const CompressedForm& form : forms) {
    // Without it, the chain goes out as it is.
    static_cast<void>(acme::set_compressed_form(
        ssl, form.algorithm, const_cast<unsigned char*>(form.bytes.data()),
        form.bytes.size(), form.original_size));
  }
}

}  // namespace ngx_acme
