// SPDX-License-Identifier: BSD-2-Clause
// nginx as a name server: its workers answer queries for challenges from shared
// memory, over UDP and TCP.
#pragma once

#include <cstdint>
#include <list>
#include <span>
#include <string>
#include <vector>

#include "acme_core/dns_server/dns_answer.h"
#include "acme_core/dns_server/query_limit.h"
#include "ngx_module/challenge/dns_zones.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/nginx/source_line.h"

namespace ngx_acme {

/// Where nginx is to answer DNS queries itself (`dns listen`).
struct DnsListen {
  std::string address;  ///< numeric; empty: every address
  in_port_t port = 53;
  SourceLine where;
};

/// Lives in the configuration; what it counts is each worker's own.
class DnsListener {
 public:
  using Transport = acme::DnsAnswering::Transport;

  explicit DnsListener(ListenZones zones);

  /// Has nginx open the sockets. False: the line has been refused. Throws
  /// std::bad_alloc. This object never moves.
  [[nodiscard]] bool open(ngx_conf_t* cf, const DnsListen& listen);

  /// What a client at that address gets; empty: nothing. For workers. Throws
  /// std::bad_alloc.
  [[nodiscard]] std::vector<std::uint8_t> answer(
      std::span<const std::uint8_t> query, const sockaddr& client,
      Transport transport);

  /// This worker's connections, the oldest first.
  [[nodiscard]] std::list<ngx_connection_t*>& connections() noexcept {
    return connections_;
  }

 private:
  [[nodiscard]] bool open(ngx_conf_t* cf, const SourceLine& where,
                          const std::string& address);

  ListenZones zones_;
  /// Whoever has a connection has shown that its address is its own, and does
  /// not suffer from those that write it on datagrams.
  acme::QueryLimit datagram_limit_;
  acme::QueryLimit connection_limit_;
  bool truncates_next_ = false;
  std::list<ngx_connection_t*> connections_;
};

}  // namespace ngx_acme
