// SPDX-License-Identifier: BSD-2-Clause
// Proving control of an order's names.
#include "acme_core/engine/order_authorization.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "acme_core/engine/poll_pace.h"

namespace acme {
namespace {

using std::chrono::milliseconds;

class OrderAuthorization {
 public:
  OrderAuthorization(const OrderFlowContext& context, OrderMemory& memory,
                     std::stop_token stop)
      : context_(context), memory_(memory), stop_(std::move(stop)) {}

  // Section 7.5: all challenges are answered before the first one is waited
  // for, so that a hundred names take as long as one.
  Order authorize(const Order& order) {
    try {
      const std::vector<OpenAuthorization> open = find_open(order);
      std::vector<ChallengeTask> tasks;
      for (const OpenAuthorization& authorization : open) {
        tasks.push_back(authorization.task);
      }
      const auto presented = context_.solver.present(tasks, stop_);
      std::vector<std::string> pending;
      for (const OpenAuthorization& authorization : open) {
        respond(authorization);
        pending.push_back(authorization.url);
      }
      return wait_for(order, std::move(pending));
    } catch (const Error&) {
      if (memory_.is_forgotten()) {
        deactivate_pending(order);
      }
      throw;
    }
  }

 private:
  // An authorization that is not valid yet, and the challenge that may make it
  // so.
  struct OpenAuthorization {
    std::string url;
    Challenge challenge;
    ChallengeTask task;
  };

  std::vector<OpenAuthorization> find_open(const Order& order) {
    std::vector<OpenAuthorization> open;
    for (const std::string& url : order.authorizations) {
      const Authorization authorization =
          context_.client.fetch_authorization(url, stop_).resource;
      if (authorization.status == Authorization::Status::kValid) {
        continue;
      }
      require_pending(authorization);
      Challenge challenge = choose(authorization);
      ChallengeTask task{
          authorization.identifier, challenge.token,
          key_authorization(challenge.token, *context_.client.account_key())};
      open.push_back({url, std::move(challenge), std::move(task)});
    }
    return open;
  }

  // Section 7.5.2: of an order that failed, what is still pending counts
  // against a CA's limits until it expires.
  void deactivate_pending(const Order& order) {
    for (const std::string& url : order.authorizations) {
      try {
        if (context_.client.fetch_authorization(url, stop_).resource.status ==
            Authorization::Status::kPending) {
          context_.client.deactivate_authorization(url, stop_);
        }
      } catch (const Error& error) {
        context_.log.debug(std::string("cannot deactivate an authorization: ") +
                           error.what());
      }
    }
  }

  Challenge choose(const Authorization& authorization) {
    const std::string name = printable(authorization.identifier.value);
    if (authorization.wildcard && !context_.solver.proves_wildcards()) {
      memory_.forget();
      throw Error(ErrorKind::kPermanent,
                  "the wildcard \"*." + name + "\" needs a DNS challenge: " +
                      std::string(type()) + " cannot prove it");
    }
    const Challenge* challenge = authorization.find(type());
    if (challenge == nullptr || challenge->token.empty()) {
      memory_.forget();
      throw Error(ErrorKind::kPermanent, "the CA offers no " +
                                             std::string(type()) +
                                             " challenge for \"" + name + "\"");
    }
    return *challenge;
  }

  // In a resumed order the CA may finish validating between our look at the
  // authorization and our response, which it then refuses.
  void respond(const OpenAuthorization& open) {
    // One that is "processing" was answered before we were interrupted.
    if (open.challenge.status != Challenge::Status::kPending) {
      return;
    }
    try {
      context_.client.respond(open.challenge, stop_);
    } catch (const Error& refusal) {
      if (refusal.problem_type().empty() ||
          refusal.kind() == ErrorKind::kUnavailable) {
        throw;
      }
      const Authorization now =
          context_.client.fetch_authorization(open.url, stop_).resource;
      if (now.status != Authorization::Status::kValid) {
        require_pending(now);
        throw;
      }
    }
  }

  // The order tells with one request when all are done or one has failed; the
  // authorizations, looked at in turn, tell which.
  Order wait_for(const Order& order, std::vector<std::string> pending) {
    PollPace pace(context_.clock, "an authorization");
    std::optional<TimePoint> retry_at;
    for (std::size_t turn = 0;; ++turn) {
      pace.pause(retry_at, stop_);
      Answer<Order> current = context_.client.fetch_order(order.url, stop_);
      if (current.resource.status == Order::Status::kInvalid) {
        for (const std::string& url : pending) {
          static_cast<void>(is_valid(url, retry_at));
        }
      }
      if (current.resource.status != Order::Status::kPending) {
        return std::move(current.resource);
      }
      retry_at = current.retry_at;
      if (pending.empty()) {
        continue;
      }
      const auto next =
          pending.begin() + static_cast<std::ptrdiff_t>(turn % pending.size());
      if (is_valid(*next, retry_at)) {
        pending.erase(next);
      }
    }
  }

  // Throws when it cannot become valid. Puts off `retry_at` as the CA asks.
  bool is_valid(const std::string& url, std::optional<TimePoint>& retry_at) {
    const Answer<Authorization> current =
        context_.client.fetch_authorization(url, stop_);
    if (current.resource.status == Authorization::Status::kValid) {
      return true;
    }
    require_pending(current.resource);
    require_untried(current.resource);
    retry_at = std::max(retry_at, current.retry_at);
    return false;
  }

  // Some CAs (step-ca, Caddy) leave an authorization pending after a failed
  // attempt. Where the challenge is pending too, the client may ask for another
  // one (section 8.2): the order stays remembered, and the next try does.
  void require_untried(const Authorization& authorization) {
    const Challenge* challenge = authorization.find(type());
    if (challenge == nullptr || !challenge->error ||
        challenge->status == Challenge::Status::kProcessing) {
      return;
    }
    if (challenge->status == Challenge::Status::kInvalid) {
      memory_.forget();
    }
    throw challenge->error
        ->to_error("the CA could not verify \"" +
                       printable(authorization.identifier.value) + "\"",
                   std::nullopt)
        .with_names({authorization.identifier.value});
  }

  // Throws unless the authorization can still become valid.
  void require_pending(const Authorization& authorization) {
    if (authorization.status == Authorization::Status::kPending) {
      return;
    }
    memory_.forget();
    const std::string what = "the CA could not verify \"" +
                             printable(authorization.identifier.value) + "\"";
    if (const Problem* problem = authorization.failure()) {
      throw problem->to_error(what, std::nullopt)
          .with_names({authorization.identifier.value});
    }
    throw Error(ErrorKind::kTransient, what + " and gave no reason");
  }

  [[nodiscard]] std::string_view type() const {
    return to_string(context_.solver.type());
  }

  const OrderFlowContext& context_;
  OrderMemory& memory_;
  std::stop_token stop_;
};

}  // namespace

Order authorize_order(const OrderFlowContext& context, OrderMemory& memory,
                      const Order& order, std::stop_token stop) {
  return OrderAuthorization(context, memory, std::move(stop)).authorize(order);
}

void check_listeners(const OrderFlowContext& context, const std::string& token,
                     std::stop_token stop) {
  const auto name = std::find_if(
      context.spec.identifiers.begin(), context.spec.identifiers.end(),
      [](const Identifier& identifier) { return !identifier.is_wildcard(); });
  if (context.self_check == nullptr || name == context.spec.identifiers.end()) {
    return;
  }
  const std::string expected =
      key_authorization(token, *context.client.account_key());
  const ChallengeTask task{*name, token, expected};
  const auto presented = context.solver.present(std::span(&task, 1), stop);
  // Workers that have just been started may not be there yet.
  constexpr int kTries = 6;
  milliseconds pause{50};
  for (int i = 1;; ++i, pause *= 2) {
    const std::string fault =
        context.self_check->fault(*name, token, expected, stop);
    if (fault.empty()) {
      return;
    }
    if (i == kTries) {
      throw Error(ErrorKind::kTransient,
                  "our own server does not answer an http-01 challenge for "
                  "\"" +
                      name->value + "\" (" + fault +
                      "); the CA was not asked (\"challenge_self_check "
                      "off\" has it asked all the same)");
    }
    if (!context.clock.sleep_for(pause, stop)) {
      throw Error(ErrorKind::kStopped, "stopping");
    }
  }
}

}  // namespace acme
