// SPDX-License-Identifier: BSD-2-Clause
// Which door is taken: the endpoint that was named, or one of nginx's
// configuration, or state directories.
#include <algorithm>
#include <utility>
#include <vector>

#include "acme_core/error.h"
#include "acmectl/nginx_facts.h"
#include "acmectl/refusal.h"
#include "acmectl/state_door.h"
#include "acmectl/status_door.h"

namespace acmectl {
namespace {

// Endpoints that are tried: more are others of the same nginx.
constexpr std::size_t kMostTried = 3;

// "" when something answers there, whatever it says.
std::string why_silent(StatusDoor& door, const std::stop_token& stop) {
  try {
    static_cast<void>(door.get("1/process", stop));
    return {};
  } catch (const acme::Error& error) {
    if (error.kind() != acme::ErrorKind::kUnavailable) {
      throw;
    }
    return error.what();
  }
}

class DoorFinder {
 public:
  DoorFinder(const Context& context, bool is_to_steer,
             const std::stop_token& stop)
      : context_(context),
        options_(context.endpoint),
        is_to_steer_(is_to_steer),
        stop_(stop) {}

  std::unique_ptr<StatusDoor> find() {
    std::unique_ptr<StatusDoor> door =
        options_.server.empty() ? from_configuration() : from_command_line();
    return door != nullptr ? std::move(door) : from_state();
  }

 private:
  std::unique_ptr<StatusDoor> from_command_line() {
    auto door = open_endpoint(parse_server(options_.server), options_);
    // Without something to fall back to, the first request finds out.
    if (!is_to_steer_ && !options_.state_paths.empty()) {
      why_ = why_silent(*door, stop_);
    }
    return why_.empty() ? std::move(door) : nullptr;
  }

  std::unique_ptr<StatusDoor> from_configuration() {
    NginxConf conf = read_nginx_conf(options_);
    why_ = conf.problem;
    if (!why_.empty()) {
      return nullptr;
    }
    conf_ = std::move(conf.directives);
    std::vector<Endpoint> endpoints = find_endpoints(conf_);
    if (endpoints.empty()) {
      why_ = "no location of nginx's configuration has acme_status";
      return nullptr;
    }
    if (is_to_steer_) {
      std::erase_if(endpoints,
                    [](const Endpoint& each) { return !each.is_writable; });
      if (endpoints.empty()) {
        throw Refusal(kRefused,
                      "nginx's configuration lets nobody steer: give a "
                      "location \"acme_status write=on;\"");
      }
    }
    return first_that_answers(endpoints);
  }

  std::unique_ptr<StatusDoor> first_that_answers(
      const std::vector<Endpoint>& endpoints) {
    for (std::size_t i = 0; i < std::min(endpoints.size(), kMostTried); ++i) {
      auto door = open_endpoint(endpoints[i], options_);
      std::string why = why_silent(*door, stop_);
      if (why.empty()) {
        return door;
      }
      if (i == 0) {
        why_ = std::move(why);
      }
    }
    return nullptr;
  }

  std::unique_ptr<StatusDoor> from_state() {
    if (is_to_steer_) {
      throw Refusal(kUnreachable, why_ + "; only a running nginx can do this");
    }
    std::vector<StatePath> paths;
    for (const std::string& path : options_.state_paths) {
      paths.push_back({"", path});
    }
    if (paths.empty()) {
      paths = find_state_paths(conf_, options_);
    }
    if (paths.empty()) {
      throw Refusal(kUnreachable,
                    why_ +
                        "; name the endpoint by -s, or a state directory "
                        "by --state-path");
    }
    auto door = open_state_door(paths);
    context_.screen.err << "acmectl: " << why_
                        << "; this is what the state directory has: "
                        << door->place() << '\n';
    return door;
  }

  const Context& context_;
  const EndpointOptions& options_;
  const bool is_to_steer_;
  const std::stop_token& stop_;
  std::vector<ConfDirective> conf_;
  std::string why_;  // there is no endpoint
};

}  // namespace

std::unique_ptr<StatusDoor> open_door(const Context& context, bool is_to_steer,
                                      const std::stop_token& stop) {
  return DoorFinder(context, is_to_steer, stop).find();
}

}  // namespace acmectl
