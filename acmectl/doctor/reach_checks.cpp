// SPDX-License-Identifier: BSD-2-Clause
// Whether ports can be reached, and whether the CA can.
#include "acmectl/doctor/reach_checks.h"

#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <memory>
#include <system_error>

#include "acme_core/env/descriptor.h"
#include "acme_core/error.h"

namespace acmectl {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// From here on a CA may refuse what we sign, and times in certificates mislead.
constexpr minutes kClockIsOff{5};
constexpr minutes kClockIsWrong{60};

struct FreeAddresses {
  void operator()(ifaddrs* list) const noexcept { freeifaddrs(list); }
  void operator()(addrinfo* list) const noexcept { freeaddrinfo(list); }
};

std::string words(int error) { return std::system_category().message(error); }

std::string with_port(const std::string& address, unsigned port) {
  const std::string number = std::to_string(port);
  return address.find(':') == std::string::npos ? address + ":" + number
                                                : "[" + address + "]:" + number;
}

// "" once it is connected.
std::string wait_for(const acme::Descriptor& socket,
                     std::chrono::milliseconds timeout) {
  pollfd place{socket.get(), POLLOUT, 0};
  const int count = poll(&place, 1, static_cast<int>(timeout.count()));
  if (count == 0) {
    return "no answer within " + std::to_string(timeout.count() / 1000) + " s";
  }
  int error = count < 0 ? errno : 0;
  socklen_t size = sizeof(error);
  if (count > 0) {
    getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  }
  return error == 0 ? "" : words(error);
}

struct Reached {
  std::string fault;   ///< empty: it answers
  std::string answer;  ///< of HTTP
};

Reached ask_http(acme::HttpClient& http, const std::string& name,
                 const std::string& address, unsigned port,
                 const std::stop_token& stop) {
  acme::HttpRequest request;
  request.method = acme::HttpRequest::Method::kGet;
  request.url = "http://" + name +
                (port == 80 ? "" : ":" + std::to_string(port)) +
                "/.well-known/acme-challenge/acmectl-doctor";
  request.connect_to = with_port(address, port);
  try {
    return {.fault = {},
            .answer = std::to_string(http.send(request, stop).status)};
  } catch (const acme::Error& error) {
    if (error.kind() == acme::ErrorKind::kStopped) {
      throw;
    }
    return {.fault = error.what(), .answer = {}};
  }
}

}  // namespace

std::string SocketPortProbe::connect(const std::string& address,
                                     unsigned port) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints,
                  &found) != 0) {
    return "is no address";
  }
  const std::unique_ptr<addrinfo, FreeAddresses> place(found);
  const acme::Descriptor socket(::socket(
      place->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) {
    return words(errno);
  }
  if (::connect(socket.get(), place->ai_addr, place->ai_addrlen) == 0) {
    return {};
  }
  return errno == EINPROGRESS ? wait_for(socket, timeout_) : words(errno);
}

bool OwnAddresses::contains(const std::string& address) const {
  return addresses.contains(address) ||
         (address.starts_with("127.") && addresses.contains("127.0.0.1"));
}

OwnAddresses own_addresses() {
  OwnAddresses own;
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) {
    return own;
  }
  const std::unique_ptr<ifaddrs, FreeAddresses> owner(list);
  for (const ifaddrs* one = list; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr || (one->ifa_addr->sa_family != AF_INET &&
                                     one->ifa_addr->sa_family != AF_INET6)) {
      continue;
    }
    std::array<char, NI_MAXHOST> text{};
    const socklen_t size = one->ifa_addr->sa_family == AF_INET
                               ? sizeof(sockaddr_in)
                               : sizeof(sockaddr_in6);
    if (getnameinfo(one->ifa_addr, size, text.data(), text.size(), nullptr, 0,
                    NI_NUMERICHOST) == 0) {
      const std::string address(text.data());
      own.addresses.insert(address.substr(0, address.find('%')));
    }
  }
  return own;
}

Findings check_ports(PortProbe& ports, acme::HttpClient& http,
                     const acme::Identifier& name,
                     const std::vector<std::string>& addresses,
                     const OwnAddresses& own, const Ports& numbers,
                     std::stop_token stop) {
  Findings findings;
  for (const std::string& address : addresses) {
    const Health unreached =
        own.contains(address) ? Health::kFail : Health::kWarn;
    const auto add = [&](unsigned port, const Reached& reached,
                         const std::string& challenge) {
      const bool is_reached = reached.fault.empty();
      findings.push_back(
          {.health = is_reached ? Health::kOk : unreached,
           .about = name.value,
           .check = "port " + std::to_string(port),
           .text = address + (is_reached ? " answers" + reached.answer
                                         : ": " + reached.fault),
           .cure = is_reached ? ""
                   : unreached == Health::kFail
                       ? "nginx must listen there, and the firewall let it "
                         "through, for " +
                             challenge
                       : "some routers do not let this machine reach its own "
                         "public address; look from outside, for " +
                             challenge});
    };
    Reached plain = ask_http(http, name.value, address, numbers.http, stop);
    plain.answer =
        plain.answer.empty() ? "" : " over HTTP with status " + plain.answer;
    add(numbers.http, plain, "http-01");
    add(numbers.https,
        {.fault = ports.connect(address, numbers.https), .answer = {}},
        "tls-alpn-01");
  }
  return findings;
}

CaFindings check_ca(acme::HttpClient& http, const std::string& issuer,
                    const std::string& directory_url, acme::TimePoint now,
                    std::stop_token stop) {
  CaFindings result;
  const auto add = [&](Health health, const std::string& check,
                       const std::string& text, const std::string& cure) {
    result.findings.push_back({.health = health,
                               .about = issuer,
                               .check = check,
                               .text = text,
                               .cure = cure});
  };
  acme::HttpRequest request;
  request.url = directory_url;
  acme::HttpResponse response;
  try {
    response = http.send(request, stop);
  } catch (const acme::Error& error) {
    if (error.kind() == acme::ErrorKind::kStopped) {
      throw;
    }
    add(Health::kFail, "ca", error.what(),
        "this machine has to reach the CA by https, perhaps through a proxy "
        "(https_proxy)");
    return result;
  }
  result.directory = acme::parse_directory(response.body);
  if (response.status != 200 || !result.directory) {
    add(Health::kFail, "ca",
        directory_url + " answers with status " +
            std::to_string(response.status) + " and no ACME directory",
        "see whether the URL is that of the CA's directory");
  } else {
    add(Health::kOk, "ca", directory_url + " answers", "");
  }
  const auto date = response.header("date");
  const auto theirs =
      date ? acme::parse_http_date(*date) : std::optional<acme::TimePoint>();
  if (!theirs) {
    add(Health::kWarn, "clock", "the CA does not tell the time", "");
    return result;
  }
  const auto skew =
      std::chrono::abs(std::chrono::duration_cast<seconds>(now - *theirs));
  const std::string text =
      "differs from the CA's by " + std::to_string(skew.count()) + " s";
  add(skew >= kClockIsWrong ? Health::kFail
      : skew >= kClockIsOff ? Health::kWarn
                            : Health::kOk,
      "clock", text,
      skew >= kClockIsOff ? "set the clock, best by NTP (timedatectl set-ntp "
                            "true)"
                          : "");
  return result;
}

}  // namespace acmectl
