// SPDX-License-Identifier: BSD-2-Clause
// Proving control of an order's names.
#include "acme_core/engine/order_authorization.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "acme_core/engine/order_client.h"
#include "acme_core/engine/poll_pace.h"
#include "acme_core/protocol/persist_names.h"

namespace acme {
namespace {

using std::chrono::milliseconds;

class OrderAuthorization {
 public:
  OrderAuthorization(const OrderFlowContext& context, OrderMemory& memory,
                     std::stop_token stop)
      : context_(context),
        memory_(memory),
        client_(context.client, context.clock, context.log),
        stop_(std::move(stop)) {}

  // Section 7.5: all challenges are answered before the first one is waited
  // for, so that a hundred names take as long as one.
  Order authorize(const Order& order) {
    try {
      const std::vector<OpenAuthorization> open = find_open(order);
      const auto presented = present(open);
      Pending pending;
      for (const OpenAuthorization& authorization : open) {
        respond(authorization);
        pending.push_back(&authorization);
      }
      Order authorized = wait_for(order, std::move(pending));
      if (authorized.status != Order::Status::kInvalid) {
        for (const OpenAuthorization& authorization : open) {
          context_.proofs.choice.succeeded(authorization.name,
                                           authorization.type);
          context_.proofs.verdicts.proved(authorization.name);
        }
      }
      return authorized;
    } catch (const Error&) {
      if (!memory_.has_order()) {
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
    Identifier name;  // with "*."
    ChallengeType type;
    Challenge challenge;
    ChallengeTask task;

    // One that is "processing" was answered before we were interrupted, in who
    // knows which circumstances.
    [[nodiscard]] bool is_answered_by_us() const {
      return challenge.status == Challenge::Status::kPending;
    }
  };
  using Pending = std::vector<const OpenAuthorization*>;

  std::vector<OpenAuthorization> find_open(const Order& order) {
    std::vector<OpenAuthorization> open;
    for (const std::string& url : order.authorizations) {
      const Authorization authorization =
          client_.fetch_authorization(url, stop_).resource;
      if (authorization.status == Authorization::Status::kValid) {
        context_.proofs.verdicts.proved(full_name(authorization));
        continue;
      }
      require_pending(authorization, nullptr);
      const ChallengeType type = choose(authorization);
      const Challenge& challenge = *authorization.find(to_string(type));
      open.push_back({url,
                      full_name(authorization),
                      type,
                      challenge,
                      {.identifier = authorization.identifier,
                       .token = challenge.token,
                       .key_authorization = key_authorization(
                           challenge.token, *context_.client.account_key()),
                       .wildcard = authorization.wildcard,
                       .account_url = context_.client.account_url(),
                       .issuer_domain_names = challenge.issuer_domain_names}});
      if (type == ChallengeType::kDnsPersist01) {
        name_parties(challenge, open.back().task);
      }
    }
    return open;
  }

  // What a record that stays says of CA and account.
  void name_parties(const Challenge& challenge, ChallengeTask& task) {
    const Directory directory = context_.client.directory(stop_);
    task.issuer_domain_names = persist_names(directory, challenge);
    task.account_hash_prefix = directory.account_hash_prefix;
    task.account_thumbprint = context_.client.account_key()->thumbprint();
  }

  ChallengeType choose(const Authorization& authorization) {
    try {
      return context_.proofs.choice.choose(authorization);
    } catch (const Error& error) {
      memory_.forget();
      context_.proofs.verdicts.failed(full_name(authorization), error.what());
      throw;
    }
  }

  // In the order of the types: solvers that make orders wait for each other are
  // always taken in the same order.
  std::vector<std::unique_ptr<PresentedAnswers>> present(
      const std::vector<OpenAuthorization>& open) {
    std::vector<std::unique_ptr<PresentedAnswers>> presented;
    for (const ChallengeType type : kChallengeTypes) {
      std::vector<ChallengeTask> tasks;
      for (const OpenAuthorization& authorization : open) {
        if (authorization.type == type) {
          tasks.push_back(authorization.task);
        }
      }
      if (!tasks.empty()) {
        presented.push_back(present(type, tasks, open));
      }
    }
    return presented;
  }

  std::unique_ptr<PresentedAnswers> present(
      ChallengeType type, const std::vector<ChallengeTask>& tasks,
      const std::vector<OpenAuthorization>& open) {
    try {
      return context_.proofs.solvers.find(type)->present(tasks, stop_);
    } catch (const Error& error) {
      for (const OpenAuthorization& authorization : open) {
        if (authorization.type == type && error.kind() != ErrorKind::kStopped) {
          context_.proofs.choice.failed(authorization.name, type, error.what());
        }
      }
      // A resolver or a provider that gives no answer is no outage of the CA.
      if (error.kind() == ErrorKind::kUnavailable ||
          error.kind() == ErrorKind::kRateLimited) {
        throw Error(ErrorKind::kOurs, error.what()).with_names(error.names());
      }
      throw;
    }
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

  // In a resumed order the CA may finish validating between our look at the
  // authorization and our response, which it then refuses.
  void respond(const OpenAuthorization& open) {
    if (!open.is_answered_by_us()) {
      return;
    }
    try {
      client_.respond(open.challenge, stop_);
    } catch (const Error& refusal) {
      if (refusal.problem_type().empty() ||
          refusal.kind() == ErrorKind::kUnavailable) {
        throw;
      }
      const Authorization now =
          client_.fetch_authorization(open.url, stop_).resource;
      if (now.status != Authorization::Status::kValid) {
        require_pending(now, &open);
        throw;
      }
    }
  }

  // The order tells with one request when all are done or one has failed; the
  // authorizations, looked at in turn, tell which.
  Order wait_for(const Order& order, Pending pending) {
    PollPace pace(context_.clock, "an authorization");
    std::optional<TimePoint> retry_at;
    for (std::size_t turn = 0;; ++turn) {
      pace.pause(retry_at, stop_);
      Answer<Order> current = client_.fetch_order(order.url, stop_);
      if (current.resource.status == Order::Status::kInvalid) {
        learn_failures(pending);
      }
      if (current.resource.status != Order::Status::kPending) {
        // It could not have gone on with one of them unproved.
        for (const OpenAuthorization* open : pending) {
          context_.progress.was_proved(open->type, true);
        }
        return std::move(current.resource);
      }
      retry_at = current.retry_at;
      if (pending.empty()) {
        continue;
      }
      const auto next =
          pending.begin() + static_cast<std::ptrdiff_t>(turn % pending.size());
      try {
        if (is_valid(**next, retry_at)) {
          pending.erase(next);
          retry_at.reset();  // it goes on
        }
      } catch (const Error&) {
        pending.erase(next);
        learn_failures_that_follow(std::move(pending));
        throw;
      }
    }
  }

  // Looks at each once. Throws the first failure, when all are known.
  void learn_failures(Pending& pending) {
    std::optional<Error> first;
    std::optional<TimePoint> retry_at;
    std::erase_if(pending, [&](const OpenAuthorization* authorization) {
      try {
        return is_valid(*authorization, retry_at);
      } catch (const Error& error) {
        if (!context_.proofs.choice.has_failed()) {
          throw;
        }
        if (!first) {
          first = error;
        }
        return true;
      }
    });
    if (first) {
      learn_failures_that_follow(std::move(pending));
      throw *first;
    }
  }

  // Who may leave names out wants to know all that are at fault.
  [[nodiscard]] bool wants_all_verdicts() const {
    return context_.proofs.choice.may_go_on() ||
           (context_.wish.spec.partial &&
            context_.wish.spec.identifiers.size() > 1);
  }

  // An order ends with its first failure, and the CA goes on with the names
  // that are left. To know which of them want another challenge saves orders.
  void learn_failures_that_follow(Pending pending) {
    constexpr int kLooks = 8;
    milliseconds pause{50};
    for (int look = 0;
         look < kLooks && !pending.empty() && wants_all_verdicts() &&
         context_.clock.sleep_for(pause, stop_);
         ++look, pause *= 2) {
      std::optional<TimePoint> retry_at;
      std::erase_if(pending, [&](const OpenAuthorization* authorization) {
        try {
          return is_valid(*authorization, retry_at);
        } catch (const Error&) {
          return true;
        }
      });
    }
  }

  // Throws when it cannot become valid. Puts off `retry_at` as the CA asks.
  bool is_valid(const OpenAuthorization& open,
                std::optional<TimePoint>& retry_at) {
    const Answer<Authorization> current =
        client_.fetch_authorization(open.url, stop_);
    if (current.resource.status == Authorization::Status::kValid) {
      context_.proofs.choice.succeeded(open.name, open.type);
      context_.progress.was_proved(open.type, true);
      context_.proofs.verdicts.proved(open.name);
      return true;
    }
    require_pending(current.resource, &open);
    require_untried(current.resource, open);
    retry_at = std::max(retry_at, current.retry_at);
    return false;
  }

  // Some CAs (step-ca, Caddy) leave an authorization pending after a failed
  // attempt. Where the challenge is pending too, the client may ask for another
  // one (section 8.2): the order stays remembered, and the next try does.
  void require_untried(const Authorization& authorization,
                       const OpenAuthorization& open) {
    const Challenge* challenge = authorization.find(to_string(open.type));
    if (challenge == nullptr || !challenge->error ||
        challenge->status == Challenge::Status::kProcessing) {
      return;
    }
    if (challenge->status == Challenge::Status::kInvalid) {
      memory_.forget();
    }
    throw failure_of(authorization, &*challenge->error, &open);
  }

  // Throws unless the authorization can still become valid; `open` is how we
  // answered it, if we did.
  void require_pending(const Authorization& authorization,
                       const OpenAuthorization* open) {
    if (authorization.status == Authorization::Status::kPending) {
      return;
    }
    memory_.forget();
    throw failure_of(authorization, authorization.failure(), open);
  }

  // What the CA limits or cannot do is not the challenge's fault.
  Error failure_of(const Authorization& authorization, const Problem* problem,
                   const OpenAuthorization* open) {
    const std::string what =
        "the CA could not verify \"" + authorization.identifier.value + "\"";
    Error error = problem == nullptr ? Error(ErrorKind::kTransient,
                                             what + " and gave no reason")
                                     : problem->to_error(what, std::nullopt);
    error.with_subject(ErrorSubject::kValidation)
        .with_names({authorization.identifier.value});
    const bool is_about_name = error.kind() != ErrorKind::kRateLimited &&
                               error.kind() != ErrorKind::kUnavailable;
    // One that was invalid before we answered tells of another try.
    if (open != nullptr && is_about_name) {
      context_.proofs.verdicts.failed(open->name, problem == nullptr
                                                      ? "the CA gave no reason"
                                                      : problem->describe());
    }
    if (open != nullptr && open->is_answered_by_us() && is_about_name) {
      context_.progress.was_proved(open->type, false);
      context_.proofs.choice.failed(
          open->name, open->type,
          problem == nullptr ? "the CA gave no reason" : problem->describe());
    }
    return error;
  }

  const OrderFlowContext& context_;
  OrderMemory& memory_;
  OrderClient client_;
  std::stop_token stop_;
};

}  // namespace

Order authorize_order(const OrderFlowContext& context, OrderMemory& memory,
                      const Order& order, std::stop_token stop) {
  return OrderAuthorization(context, memory, std::move(stop)).authorize(order);
}

}  // namespace acme
