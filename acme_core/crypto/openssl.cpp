// SPDX-License-Identifier: BSD-2-Clause
// OpenSSL's error queue.
#include "acme_core/crypto/openssl.h"

#include <openssl/err.h>

#include <array>

namespace acme {

std::string take_openssl_errors() {
  std::string texts;
  const char* data = nullptr;
  int flags = 0;
  while (const unsigned long code =
             ERR_get_error_all(nullptr, nullptr, nullptr, &data, &flags)) {
    std::array<char, 256> text{};
    ERR_error_string_n(code, text.data(), text.size());
    texts.append(texts.empty() ? "" : ", ").append(text.data());
    if ((flags & ERR_TXT_STRING) != 0 && data != nullptr && *data != '\0') {
      texts.append(" (").append(data).append(")");
    }
  }
  return texts;
}

OpensslErrorScope::~OpensslErrorScope() { ERR_clear_error(); }

Error openssl_error(const std::string& what) {
  const std::string texts = take_openssl_errors();
  return {ErrorKind::kOurs,
          texts.empty() ? what + ": OpenSSL failed" : what + ": " + texts};
}

}  // namespace acme
