// SPDX-License-Identifier: BSD-2-Clause
// Which DNS provider is used for what: plain data, made from the configuration.
#pragma once

#include <string>
#include <variant>

#include "acme_core/secret.h"

namespace acme {

/// Dynamic updates (RFC 2136), signed with TSIG (RFC 8945).
struct Rfc2136Spec {
  std::string server;         ///< "192.0.2.53:53", "[2001:db8::53]:53"
  std::string key_name;       ///< as the server knows it
  std::string key_algorithm;  ///< "hmac-sha256" or "hmac-sha512"
  SecretBytes key;            ///< decoded
};

/// A program.
struct ExecSpec {
  /// What the program is called with.
  enum class Contract {
    kLego,   ///< PATH present|cleanup FQDN. VALUE
    kModMd,  ///< PATH setup|teardown DOMAIN VALUE
  };
  std::string path;
  Contract contract = Contract::kLego;
};

/// lego's httpreq API: POST URL/present and URL/cleanup.
struct HttpReqSpec {
  std::string url;
  std::string user;  ///< of basic authentication; empty: none
  SecretBytes password;
};

/// An acme-dns server.
struct AcmeDnsSpec {
  std::string url;
};

/// nginx itself answers for names that are delegated to it.
struct ListenSpec {};

struct DnsProviderSpec {
  /// The names that it is for: this one and all below, without a trailing dot;
  /// empty: all. Of several providers the one with the longest zone is used.
  std::string zone;
  std::variant<Rfc2136Spec, ExecSpec, HttpReqSpec, AcmeDnsSpec, ListenSpec> how;
};

}  // namespace acme
