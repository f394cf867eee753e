// SPDX-License-Identifier: BSD-2-Clause
// Proving control of an order's names.
#include "acme_core/engine/order_authorization.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
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
    std::vector<Http01Answer> answers;
    std::vector<std::string> pending;
    try {
      for (const std::string& url : order.authorizations) {
        const Authorization authorization =
            context_.client.fetch_authorization(url, stop_).resource;
        if (authorization.status == Authorization::Status::kValid) {
          continue;
        }
        require_pending(authorization);
        pending.push_back(url);
        answer(url, authorization, answers);
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

  void answer(const std::string& url, const Authorization& authorization,
              std::vector<Http01Answer>& answers) {
    const Challenge* challenge = authorization.find(kHttp01);
    if (challenge == nullptr || challenge->token.empty()) {
      memory_.forget();
      throw Error(ErrorKind::kPermanent,
                  "the CA offers no http-01 challenge for \"" +
                      printable(authorization.identifier.value) + "\"");
    }
    if (!context_.issuer.stateless) {
      answers.emplace_back(
          context_.responder, challenge->token,
          key_authorization(challenge->token, *context_.client.account_key()));
    }
    // One that is "processing" was answered before we were interrupted.
    if (challenge->status == Challenge::Status::kPending) {
      respond(url, *challenge);
    }
  }

  // In a resumed order the CA may finish validating between our look at the
  // authorization and our response, which it then refuses.
  void respond(const std::string& url, const Challenge& challenge) {
    try {
      context_.client.respond(challenge, stop_);
    } catch (const Error& refusal) {
      if (refusal.problem_type().empty() ||
          refusal.kind() == ErrorKind::kUnavailable) {
        throw;
      }
      const Authorization now =
          context_.client.fetch_authorization(url, stop_).resource;
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
    const Challenge* challenge = authorization.find(kHttp01);
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
  std::optional<Http01Answer> served;
  if (!context.issuer.stateless) {
    served.emplace(context.responder, token, expected);
  }
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
