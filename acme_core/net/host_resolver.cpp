// SPDX-License-Identifier: BSD-2-Clause
// Addresses of hosts, by c-ares.
#include "acme_core/net/host_resolver.h"

#include <ares.h>
#include <arpa/inet.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <utility>

#include "acme_core/error.h"
#include "acme_core/identifier.h"

namespace acme {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

// c-ares asks each server in turn, and all of them again.
constexpr int kTriesPerServer = 3;
constexpr milliseconds kFirstQuery{2'000};
// How soon a request to stop is noticed.
constexpr milliseconds kLongestLook{100};
// A record may say that it must not be kept at all.
constexpr seconds kShortestValidity{1};
constexpr seconds kLongestValidity = std::chrono::hours(24);

void require(int status) {
  if (status == ARES_ENOMEM) {
    throw std::bad_alloc();
  }
  if (status != ARES_SUCCESS) {
    throw Error(
        ErrorKind::kConfiguration,
        std::string("the DNS servers of \"resolver\" cannot be used: ") +
            ares_strerror(status));
  }
}

void initialize_once() {
  static const int status = ares_library_init(ARES_LIB_INIT_ALL);
  require(status);
}

struct DestroyChannel {
  void operator()(ares_channel channel) const noexcept {
    ares_destroy(channel);
  }
};
using ChannelPtr =
    std::unique_ptr<std::remove_pointer_t<ares_channel>, DestroyChannel>;

struct FreeFoundAddresses {
  void operator()(ares_addrinfo* list) const noexcept {
    ares_freeaddrinfo(list);
  }
};
using AddressesPtr = std::unique_ptr<ares_addrinfo, FreeFoundAddresses>;

std::string joined(const std::vector<std::string>& list,
                   const std::string& separator) {
  std::string text;
  for (const std::string& element : list) {
    text.append(text.empty() ? "" : separator).append(element);
  }
  return text;
}

// What c-ares waits for, in the form of poll(), which passes over the free
// places.
using Sockets = std::array<pollfd, ARES_GETSOCK_MAXNUM>;
constexpr int kFree = -1;

Sockets no_sockets() {
  Sockets sockets{};
  sockets.fill({kFree, 0, 0});
  return sockets;
}

// c-ares calls it when it begins or ends to wait for a socket.
void note_socket(void* sockets, ares_socket_t socket, int reads,
                 int writes) noexcept {
  auto& places = *static_cast<Sockets*>(sockets);
  const auto place_of = [&places](int descriptor) {
    return std::find_if(
        places.begin(), places.end(),
        [descriptor](const pollfd& place) { return place.fd == descriptor; });
  };
  auto place = place_of(socket);
  if (place == places.end()) {
    place = place_of(kFree);
  }
  if (place == places.end()) {
    return;  // c-ares looks again when it asks anew
  }
  const int events = (reads != 0 ? POLLIN : 0) | (writes != 0 ? POLLOUT : 0);
  *place = {events != 0 ? socket : kFree, static_cast<short>(events), 0};
}

ChannelPtr open_channel(const std::vector<std::string>& servers,
                        Sockets& sockets) {
  initialize_once();
  char dns_only[] = "b";
  ares_options options{};
  options.timeout = static_cast<int>(kFirstQuery.count());
  options.tries = kTriesPerServer;
  options.sock_state_cb = note_socket;
  options.sock_state_cb_data = &sockets;
  int set = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
  if (!servers.empty()) {
    options.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES;
    options.lookups = dns_only;
    set |= ARES_OPT_FLAGS | ARES_OPT_LOOKUPS;
  }
  ares_channel channel = nullptr;
  require(ares_init_options(&channel, &options, set));
  ChannelPtr owner(channel);
  if (!servers.empty()) {
    require(ares_set_servers_ports_csv(channel, joined(servers, ",").c_str()));
  }
  return owner;
}

// What c-ares calls back with.
struct Result {
  bool is_there = false;
  int status = ARES_SUCCESS;
  AddressesPtr addresses;
};

void take_result(void* result, int status, int /*timeouts*/,
                 ares_addrinfo* addresses) noexcept {
  auto& taken = *static_cast<Result*>(result);
  taken.is_there = true;
  taken.status = status;
  taken.addresses.reset(addresses);
}

// Waits for the channel's sockets once, and lets c-ares look at them.
// Takes a copy of what it waits for: c-ares changes it meanwhile.
void process(ares_channel channel, Sockets polled) {
  poll(polled.data(), polled.size(), static_cast<int>(kLongestLook.count()));
  ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // time-outs
  for (const pollfd& ready : polled) {
    if (ready.revents != 0) {
      ares_process_fd(
          channel, (ready.revents & ~POLLOUT) != 0 ? ready.fd : ARES_SOCKET_BAD,
          (ready.revents & POLLOUT) != 0 ? ready.fd : ARES_SOCKET_BAD);
    }
  }
}

std::string text_of(const ares_addrinfo_node& node) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* number =
      node.ai_family == AF_INET
          ? static_cast<const void*>(
                &reinterpret_cast<const sockaddr_in*>(node.ai_addr)->sin_addr)
          : &reinterpret_cast<const sockaddr_in6*>(node.ai_addr)->sin6_addr;
  return inet_ntop(node.ai_family, number, text.data(), text.size()) == nullptr
             ? std::string()
             : text.data();
}

}  // namespace

HostResolver::HostResolver(DnsServers servers, const Clock& clock)
    : servers_(std::move(servers)), clock_(clock) {}

std::vector<std::string> HostResolver::lookup(const std::string& host,
                                              std::stop_token stop,
                                              milliseconds longest) {
  const auto as_identifier = parse_identifier(host);
  if (as_identifier && as_identifier->type == Identifier::Type::kIp) {
    return {as_identifier->value};
  }
  {
    const std::lock_guard lock(mutex_);
    const auto known = known_.find(host);
    if (known != known_.end() &&
        known->second.valid_until > clock_.steady_now()) {
      return known->second.addresses;
    }
  }
  try {
    Answer answer = ask(host, stop, longest);
    const std::lock_guard lock(mutex_);
    return (known_[host] = std::move(answer)).addresses;
  } catch (const Error& error) {
    // An address that was good a while ago is better than none.
    const std::lock_guard lock(mutex_);
    const auto known = known_.find(host);
    if (error.kind() != ErrorKind::kUnavailable || known == known_.end()) {
      throw;
    }
    return known->second.addresses;
  }
}

HostResolver::Answer HostResolver::ask(const std::string& host,
                                       const std::stop_token& stop,
                                       milliseconds longest) const {
  const auto deadline =
      steady_clock::now() + std::min(servers_.timeout, longest);
  // Both outlive the channel, which calls back when it goes.
  Result result;
  Sockets sockets = no_sockets();
  const ChannelPtr channel = open_channel(servers_.servers, sockets);
  ares_addrinfo_hints hints{};
  hints.ai_family = servers_.ipv4 && servers_.ipv6 ? AF_UNSPEC
                    : servers_.ipv6                ? AF_INET6
                                                   : AF_INET;
  hints.ai_flags = ARES_AI_NOSORT;
  ares_getaddrinfo(channel.get(), host.c_str(), nullptr, &hints, take_result,
                   &result);
  while (!result.is_there) {
    if (stop.stop_requested()) {
      throw Error(ErrorKind::kStopped, "stopping");
    }
    if (steady_clock::now() >= deadline) {
      result.status = ARES_ETIMEOUT;
      break;
    }
    process(channel.get(), sockets);
  }
  Answer answer{{}, clock_.steady_now()};
  seconds validity = kLongestValidity;
  const ares_addrinfo_node* node =
      result.addresses ? result.addresses->nodes : nullptr;
  for (; node != nullptr; node = node->ai_next) {
    if (std::string text = text_of(*node); !text.empty()) {
      answer.addresses.push_back(std::move(text));
      validity = std::min(validity, seconds(node->ai_ttl));
    }
  }
  if (answer.addresses.empty()) {
    throw Error(
        ErrorKind::kUnavailable,
        "cannot find the address of \"" + host + "\" at " +
            (servers_.servers.empty() ? "the system's DNS servers"
                                      : joined(servers_.servers, ", ")) +
            ": " +
            ares_strerror(result.status == ARES_SUCCESS ? ARES_ENODATA
                                                        : result.status));
  }
  answer.valid_until +=
      std::max(servers_.valid.value_or(validity), kShortestValidity);
  return answer;
}

}  // namespace acme
