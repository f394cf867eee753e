// SPDX-License-Identifier: BSD-2-Clause
// Differences between nginx versions, as named capabilities. The only file that
// looks at nginx's version.
#pragma once

#include "ngx_module/nginx/ngx.h"

#pragma pop_macro("nginx_version")

namespace ngx_acme {

/// `listen … quic` came with nginx 1.25.0.
#if nginx_version >= 1025000
inline constexpr bool kHasQuic = true;
#else
inline constexpr bool kHasQuic = false;
#endif

/// The `ssl on;` directive went with nginx 1.25.1.
#if nginx_version < 1025001
inline constexpr bool kHasSslDirective = true;
#else
inline constexpr bool kHasSslDirective = false;
#endif

/// Since nginx 1.27.2, `ssl_trusted_certificate` is enough for
/// `ssl_verify_client`.
#if nginx_version >= 1027002
inline constexpr bool kTrustedCertificateVerifiesClients = true;
#else
inline constexpr bool kTrustedCertificateVerifiesClients = false;
#endif

/// nginx's own client-hello callback came with nginx 1.29.2. OpenSSL has room
/// for one, and whoever replaces it calls it.
#if nginx_version >= 1029002 && defined(SSL_CLIENT_HELLO_SUCCESS)
inline int call_nginx_client_hello(SSL* ssl, int* alert) noexcept {
  return ngx_ssl_client_hello_callback(ssl, alert, nullptr);
}
#else
inline int call_nginx_client_hello(SSL* /*ssl*/, int* /*alert*/) noexcept {
  return SSL_CLIENT_HELLO_SUCCESS;
}
#endif

/// True for a connection that came by `listen … quic`.
template <typename Connection>
[[nodiscard]] bool is_quic(const Connection& connection) noexcept {
  if constexpr (kHasQuic) {
    return connection.listening->quic;
  } else {
    return false;
  }
}

template <typename ListenOptions>
[[nodiscard]] bool is_quic_listener(const ListenOptions& options) noexcept {
  if constexpr (kHasQuic) {
    return options.quic;
  } else {
    return false;
  }
}

/// True for a listening address that speaks TLS, over TCP or QUIC.
template <typename ListenOptions>
[[nodiscard]] bool speaks_tls(const ListenOptions& options) noexcept {
  if constexpr (kHasQuic) {
    return options.ssl || options.quic;
  } else {
    return options.ssl;
  }
}

/// True when the server has the old `ssl on;`.
template <typename SslConf>
[[nodiscard]] bool has_ssl_on(const SslConf& conf,
                              const SslConf& parent) noexcept {
  if constexpr (kHasSslDirective) {
    return conf.enable == 1 ||
           (conf.enable == NGX_CONF_UNSET && parent.enable == 1);
  } else {
    return false;
  }
}

/// `ssl_certificate_compression` came with nginx 1.29.1.
template <typename SslConf>
[[nodiscard]] ngx_flag_t certificate_compression(const SslConf& conf) noexcept {
  if constexpr (requires { conf.certificate_compression; }) {
    return conf.certificate_compression;
  } else {
    return NGX_CONF_UNSET;
  }
}
template <typename SslConf>
void set_certificate_compression(SslConf& conf, ngx_flag_t value) noexcept {
  if constexpr (requires { conf.certificate_compression; }) {
    conf.certificate_compression = value;
  }
}

/// `resolver … ipv4=off` came with nginx 1.23.1; nginx may be built without
/// IPv6.
template <typename Resolver>
[[nodiscard]] bool asks_for_ipv4(const Resolver& resolver) noexcept {
  if constexpr (requires { resolver.ipv4; }) {
    return resolver.ipv4 != 0;
  } else {
    return true;
  }
}
template <typename Resolver>
[[nodiscard]] bool asks_for_ipv6(const Resolver& resolver) noexcept {
  if constexpr (requires { resolver.ipv6; }) {
    return resolver.ipv6 != 0;
  } else {
    return false;
  }
}

/// Closes an accepted connection and frees what it owns. nginx may be built
/// without its counters.
inline void end_connection(ngx_connection_t* connection) noexcept {
#if (NGX_STAT_STUB)
  static_cast<void>(ngx_atomic_fetch_add(ngx_stat_active, -1));
#endif
  ngx_pool_t* pool = connection->pool;
  ngx_close_connection(connection);
  ngx_destroy_pool(pool);
}

/// Fields of one name are linked since nginx 1.23.0.
template <typename Header>
void set_header(Header& header, ngx_str_t key, ngx_str_t value) noexcept {
  header.hash = 1;
  header.key = key;
  header.value = value;
  if constexpr (requires { header.next; }) {
    header.next = nullptr;
  }
}

}  // namespace ngx_acme

#pragma push_macro("nginx_version")
#undef nginx_version
