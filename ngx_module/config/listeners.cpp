// SPDX-License-Identifier: BSD-2-Clause
// Where nginx listens.
#include "ngx_module/config/listeners.h"

#include <arpa/inet.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "ngx_module/config/server_conf.h"
#include "ngx_module/nginx/http_block.h"
#include "ngx_module/nginx/ngx_compat.h"
#include "ngx_module/nginx/ngx_types.h"

namespace ngx_acme {
namespace {

// nullopt for sockets without a number, those of the file system.
std::optional<std::string> host_of(const sockaddr& address, bool wildcard) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* number = nullptr;
  if (address.sa_family == AF_INET) {
    if (wildcard) {
      return "127.0.0.1";
    }
    number = &reinterpret_cast<const sockaddr_in&>(address).sin_addr;
  } else if (address.sa_family == AF_INET6) {
    if (wildcard) {
      return "::1";
    }
    number = &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  }
  if (number == nullptr || inet_ntop(address.sa_family, number, text.data(),
                                     text.size()) == nullptr) {
    return std::nullopt;
  }
  return text.data();
}

// The default server's old `ssl on;` turns its address into one of TLS.
bool is_plain(const ngx_http_conf_addr_t& address,
              const ngx_http_ssl_srv_conf_t& http_ssl) {
  return !speaks_tls(address.opt) &&
         !has_ssl_on(ssl_conf(*address.default_server), http_ssl);
}

void push_unique(std::vector<acme::ListenAddress>& list,
                 acme::ListenAddress listener) {
  if (std::find(list.begin(), list.end(), listener) == list.end()) {
    list.push_back(std::move(listener));
  }
}

// nullopt for a kind of socket that nobody here knows.
std::optional<acme::ListenAddress> address_of(
    const ngx_http_listen_opt_t& listen) {
  acme::ListenAddress address;
  address.proxy_protocol = listen.proxy_protocol != 0;
  if (listen.sockaddr->sa_family == AF_UNIX) {
    address.unix_socket =
        reinterpret_cast<const sockaddr_un&>(*listen.sockaddr).sun_path;
    return address;
  }
  auto host = host_of(*listen.sockaddr, listen.wildcard != 0);
  if (!host) {
    return std::nullopt;
  }
  address.host = std::move(*host);
  address.port = ngx_inet_get_port(listen.sockaddr);
  return address;
}

// Calls `take` for each address at which nginx listens, with whether that is
// without TLS.
template <typename Take>
void for_each_listener(ngx_conf_t* cf, Take take) {
  const ngx_http_ssl_srv_conf_t& http_ssl = http_ssl_conf(cf);
  for_each_address(cf, [&](const ngx_http_conf_addr_t& address) {
    take(address, is_plain(address, http_ssl));
  });
}

}  // namespace

std::vector<acme::ListenAddress> plain_listeners(ngx_conf_t* cf) {
  std::vector<acme::ListenAddress> listeners;
  for_each_listener(cf, [&](const ngx_http_conf_addr_t& each, bool plain) {
    auto address = plain ? address_of(each.opt) : std::nullopt;
    if (address) {
      push_unique(listeners, std::move(*address));
    }
  });
  return listeners;
}

std::vector<std::string> http_addresses(ngx_conf_t* cf) {
  std::vector<std::string> addresses;
  for_each_listener(cf, [&](const ngx_http_conf_addr_t& address, bool plain) {
    const ngx_http_listen_opt_t& listen = address.opt;
    if (plain) {
      addresses.emplace_back(view(listen.addr_text));
    }
  });
  return addresses;
}

std::vector<std::string> tls_addresses(ngx_conf_t* cf) {
  std::vector<std::string> addresses;
  for_each_listener(cf, [&](const ngx_http_conf_addr_t& address, bool plain) {
    const ngx_http_listen_opt_t& listen = address.opt;
    if (!plain && !is_quic_listener(listen)) {
      addresses.emplace_back(view(listen.addr_text));
    }
  });
  return addresses;
}

std::vector<std::string> challenge_tls_addresses(ngx_conf_t* cf) {
  std::vector<std::string> addresses;
  for_each_listener(cf, [&](const ngx_http_conf_addr_t& address, bool plain) {
    if (!plain && !is_quic_listener(address.opt) &&
        !server_conf(*address.default_server).client_hello_callback) {
      addresses.emplace_back(view(address.opt.addr_text));
    }
  });
  return addresses;
}

acme::Listening listening(const std::vector<std::string>& addresses,
                          const std::string& port) {
  if (addresses.empty()) {
    return acme::Listening::kNowhere;
  }
  return std::any_of(addresses.begin(), addresses.end(),
                     [&](const std::string& address) {
                       return address.ends_with(":" + port) ||
                              address.starts_with("unix:");
                     })
             ? acme::Listening::kOnUsualPort
             : acme::Listening::kOnOtherPorts;
}

}  // namespace ngx_acme
