// SPDX-License-Identifier: BSD-2-Clause
// The sockets of the name server, and its datagrams.
#include "ngx_module/challenge/dns_listener.h"

#include <sys/socket.h>

#include <cerrno>
#include <limits>
#include <new>
#include <string>
#include <utility>

#include "acme_core/env/descriptor.h"
#include "acme_core/env/random.h"
#include "ngx_module/challenge/dns_connection.h"
#include "ngx_module/nginx/ngx_compat.h"
#include "ngx_module/nginx/ngx_guard.h"
#include "ngx_module/nginx/ngx_types.h"

namespace ngx_acme {
namespace {

std::uint64_t secret() {
  return acme::SystemRandom().below(std::numeric_limits<std::uint64_t>::max());
}

std::span<const std::uint8_t> address_of(const sockaddr& client) noexcept {
  if (client.sa_family == AF_INET6) {
    const auto& address = reinterpret_cast<const sockaddr_in6&>(client);
    return {address.sin6_addr.s6_addr, sizeof(address.sin6_addr.s6_addr)};
  }
  const auto& address = reinterpret_cast<const sockaddr_in&>(client).sin_addr;
  return {reinterpret_cast<const std::uint8_t*>(&address), sizeof(address)};
}

bool is_wildcard(const sockaddr& address) noexcept {
  if (address.sa_family == AF_INET6) {
    return IN6_IS_ADDR_UNSPECIFIED(
        &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
  }
  return reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr ==
         INADDR_ANY;
}

bool has_ipv6() noexcept {
  const acme::Descriptor probe(
      ::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return probe || errno != EAFNOSUPPORT;
}

// On a wildcard address the answer has to come from the address that was asked:
// only a chain of buffers is sent that way.
void send(ngx_connection_t* connection,
          std::vector<std::uint8_t>& answer) noexcept {
  ngx_buf_t buffer{};
  buffer.start = buffer.pos = answer.data();
  buffer.end = buffer.last = answer.data() + answer.size();
  buffer.memory = 1;
  buffer.flush = 1;
  buffer.last_buf = 1;
  ngx_chain_t chain{&buffer, nullptr};
  // One that cannot be sent now is lost, as any datagram may be.
  connection->send_chain(connection, &chain, 0);
}

ngx_int_t answer_datagram(ngx_connection_t* connection) {
  auto& listener = *static_cast<DnsListener*>(connection->listening->servers);
  const ngx_buf_t& buffer = *connection->buffer;
  connection->log_error = NGX_ERROR_INFO;
  // Nobody can be there.
  if (ngx_inet_get_port(connection->sockaddr) == 0) {
    return NGX_OK;
  }
  std::vector<std::uint8_t> answer = listener.answer(
      {buffer.pos, static_cast<std::size_t>(buffer.last - buffer.pos)},
      *connection->sockaddr, DnsListener::Transport::kUdp);
  if (!answer.empty()) {
    send(connection, answer);
  }
  return NGX_OK;
}

void on_datagram(ngx_connection_t* connection) noexcept {
  guarded<answer_datagram, NGX_ERROR, ngx_connection_t*>(connection);
  end_connection(connection);
}

void add_socket(ngx_conf_t* cf, const ngx_addr_t& address, int type,
                DnsListener& listener) {
  constexpr std::size_t kPoolSize = 256;
  ngx_listening_t* socket =
      ngx_create_listening(cf, address.sockaddr, address.socklen);
  if (socket == nullptr) {
    throw std::bad_alloc();
  }
  socket->type = type;
  socket->handler = type == SOCK_DGRAM ? on_datagram : on_dns_connection;
  socket->servers = &listener;
  socket->pool_size = kPoolSize;
  socket->logp = &cf->cycle->new_log;
  socket->log.data = &socket->addr_text;
  socket->log.handler = ngx_accept_log_error;
  socket->wildcard = type == SOCK_DGRAM && is_wildcard(*address.sockaddr);
  socket->ipv6only = 1;
}

}  // namespace

DnsListener::DnsListener(ListenZones zones)
    : zones_(std::move(zones)),
      datagram_limit_(secret()),
      connection_limit_(secret()) {}

bool DnsListener::open(ngx_conf_t* cf, const DnsListen& listen) {
  const std::string port = ":" + std::to_string(listen.port);
  if (!listen.address.empty()) {
    const bool is_ipv6 = listen.address.find(':') != std::string::npos;
    return open(
        cf, listen.where,
        is_ipv6 ? "[" + listen.address + "]" + port : listen.address + port);
  }
  return open(cf, listen.where, "0.0.0.0" + port) &&
         (!has_ipv6() || open(cf, listen.where, "[::]" + port));
}

bool DnsListener::open(ngx_conf_t* cf, const SourceLine& where,
                       const std::string& address) {
  ngx_addr_t parsed{};
  const ngx_str_t text = borrow(address);
  if (ngx_parse_addr_port(cf->pool, &parsed, text.data, text.len) != NGX_OK) {
    refuse(cf, where, "invalid address \"" + address + "\" of \"listen\"");
    return false;
  }
  add_socket(cf, parsed, SOCK_DGRAM, *this);
  add_socket(cf, parsed, SOCK_STREAM, *this);
  return true;
}

std::vector<std::uint8_t> DnsListener::answer(
    std::span<const std::uint8_t> query, const sockaddr& client,
    Transport transport) {
  const bool is_datagram = transport == Transport::kUdp;
  acme::QueryLimit& limit = is_datagram ? datagram_limit_ : connection_limit_;
  acme::DnsAnswering how{.transport = transport,
                         .only_truncated = false,
                         .serial = static_cast<std::uint32_t>(ngx_time())};
  switch (limit.admit(address_of(client), ngx_current_msec)) {
    case acme::QueryLimit::Verdict::kAnswer:
      break;
    case acme::QueryLimit::Verdict::kSourceExceeds:
      // Every second one is told to come over TCP: a resolver whose address
      // others write on their datagrams finds its way.
      truncates_next_ = !truncates_next_;
      if (!is_datagram || !truncates_next_) {
        return {};
      }
      how.only_truncated = true;
      break;
    case acme::QueryLimit::Verdict::kTotalExceeds:
      return {};
  }
  return acme::answer_dns_query(query, how, zones_);
}

}  // namespace ngx_acme
