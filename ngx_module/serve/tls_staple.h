// SPDX-License-Identifier: BSD-2-Clause
// Stapling: status responses (RFC 6960) beside our certificates, from shared
// memory or from the operator's file. nginx goes on with its own certificates'.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "ngx_module/serve/tls_server.h"
#include "ngx_module/shared/certificate_table.h"

namespace ngx_acme {

/// What one server staples. Lives in the configuration; each worker has its own
/// copy after the fork.
struct TlsStaples {
  const TlsServer* server = nullptr;
  SSL_CTX* context = nullptr;  ///< where nginx has found `ssl_stapling on`
  /// ssl_stapling_file: shown beside the certificates that it is about, in
  /// place of what the responder says.
  std::vector<std::uint8_t> file;
  std::vector<std::string> file_serials;

  /// nginx's own, for certificates that are not ours.
  int (*nginx_callback)(SSL*, void*) = nullptr;
  void* nginx_data = nullptr;

  /// What this worker has looked at, by certificate of the plan. All are there
  /// before the fork: a handshake adds none.
  std::map<std::size_t, CopiedStaple> copies;
};

/// Has the context show them: one atomic load each time, unless there is
/// another. `staples` outlives the context.
void attach_staples(TlsStaples& staples);

}  // namespace ngx_acme
