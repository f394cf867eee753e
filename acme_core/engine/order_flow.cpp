// SPDX-License-Identifier: BSD-2-Clause
// The order flow.
#include "acme_core/engine/order_flow.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "acme_core/crypto/csr.h"

namespace acme {
namespace {

using std::chrono::milliseconds;

// A CA that asks for a longer pause than this gets it, but not from a thread
// that waits: the flow ends and the order is resumed later.
constexpr milliseconds kLongestPause{30'000};
constexpr milliseconds kFirstPause{25};
constexpr milliseconds kSlowestPoll{5'000};
constexpr milliseconds kPatience = std::chrono::minutes(5);

std::vector<Identifier> sorted(std::vector<Identifier> identifiers) {
  std::sort(identifiers.begin(), identifiers.end());
  return identifiers;
}

// Waits between polls of one resource: doubling pauses, never shorter than the
// CA's Retry-After.
class PollPace {
 public:
  PollPace(Clock& clock, std::string what)
      : clock_(clock),
        what_(std::move(what)),
        gives_up_at_(clock.now() + kPatience) {}

  void pause(std::optional<TimePoint> retry_at, std::stop_token stop) {
    const TimePoint now = clock_.now();
    const milliseconds asked =
        retry_at ? std::max(*retry_at - now, milliseconds::zero())
                 : milliseconds::zero();
    if (asked > kLongestPause || now >= gives_up_at_) {
      throw Error(ErrorKind::kTransient,
                  what_ +
                      " is still being processed by the CA; asked again "
                      "later")
          .with_retry_at(retry_at);
    }
    if (!clock_.sleep_for(std::max(asked, pause_), stop)) {
      throw Error(ErrorKind::kStopped, "stopping");
    }
    pause_ = std::min(pause_ * 2, kSlowestPoll);
  }

 private:
  Clock& clock_;
  std::string what_;
  TimePoint gives_up_at_;
  milliseconds pause_ = kFirstPause;
};

class OrderFlow {
 public:
  OrderFlow(const OrderFlowContext& context, std::stop_token stop)
      : context_(context), stop_(std::move(stop)) {}

  StoredCertificate run() {
    if (std::optional<OpenOrder> resumed = resume_order()) {
      try {
        return complete(std::move(*resumed));
      } catch (const Error& error) {
        // While nobody answered its challenges, the CA may have given it up.
        // That says nothing about a new order.
        if (!forgotten_) {
          throw;
        }
        context_.log.info(std::string("the resumed order failed: ") +
                          error.what());
      }
    }
    return complete(open_order());
  }

 private:
  struct OpenOrder {
    Order order;
    PrivateKey key;
  };

  StoredCertificate complete(OpenOrder open) {
    Order order = std::move(open.order);
    if (order.status == Order::Status::kPending) {
      authorize(order);
      order = wait_while(read(order.url), Order::Status::kPending);
    }
    if (order.status == Order::Status::kReady) {
      const auto csr = make_csr(open.key, context_.spec.identifiers);
      order = accepted(context_.client.finalize(order, csr, stop_));
    }
    order = wait_while(std::move(order), Order::Status::kProcessing);
    return download(order, std::move(open.key));
  }

  // An order that a crash, a reload or an outage interrupted.
  std::optional<OpenOrder> resume_order() {
    Loaded<StoredOrder> stored =
        context_.store.load_order(context_.spec.storage_name());
    if (!stored.problem.empty()) {
      context_.log.warn(stored.problem);
    }
    if (!stored.value) {
      return std::nullopt;
    }
    if (!stored.value->order_url.empty() &&
        stored.value->key.type() == context_.spec.key_type &&
        sorted(stored.value->identifiers) ==
            sorted(context_.spec.identifiers)) {
      if (auto order = find_order(stored.value->order_url)) {
        context_.log.info("resuming order " + printable(order->url));
        return OpenOrder{std::move(*order), std::move(stored.value->key)};
      }
    }
    forget_order();
    return std::nullopt;
  }

  // nullopt when the CA has given the order up, does not know it, or keeps it
  // from us because it was another account's.
  std::optional<Order> find_order(const std::string& url) {
    try {
      Order order = read(url);
      if (order.status == Order::Status::kInvalid) {
        return std::nullopt;
      }
      return order;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kPermanent &&
          error.problem_type().empty()) {
        throw;
      }
      return std::nullopt;
    }
  }

  OpenOrder open_order() {
    PrivateKey key = PrivateKey::generate(context_.spec.key_type);
    Order order =
        accepted(context_.client.new_order(context_.spec.identifiers, stop_));
    if (sorted(order.identifiers) != sorted(context_.spec.identifiers)) {
      throw Error(ErrorKind::kPermanent,
                  "the CA opened an order for other names than those asked");
    }
    StoredOrder stored{order.url, context_.spec.identifiers, std::move(key)};
    context_.store.save_order(context_.spec.storage_name(), stored);
    forgotten_ = false;
    context_.log.info("opened order " + printable(order.url));
    return {std::move(order), std::move(stored.key)};
  }

  // Section 7.5: all challenges are answered before the first one is waited
  // for, so that a hundred names take as long as one.
  void authorize(const Order& order) {
    std::vector<Http01Answer> answers;
    std::vector<std::string> pending;
    for (const std::string& url : order.authorizations) {
      const Authorization authorization =
          context_.client.fetch_authorization(url, stop_).resource;
      if (authorization.status == Authorization::Status::kValid) {
        continue;
      }
      require_pending(authorization);
      answers.push_back(answer(url, authorization));
      pending.push_back(url);
    }
    for (const std::string& url : pending) {
      wait_for_authorization(url);
    }
  }

  Http01Answer answer(const std::string& url,
                      const Authorization& authorization) {
    const Challenge* challenge = authorization.find(kHttp01);
    if (challenge == nullptr || challenge->token.empty()) {
      throw Error(ErrorKind::kPermanent,
                  "the CA offers no http-01 challenge for \"" +
                      printable(authorization.identifier.value) + "\"");
    }
    Http01Answer served(
        context_.responder, challenge->token,
        key_authorization(challenge->token, context_.client.account_key()));
    // One that is "processing" was answered before we were interrupted.
    if (challenge->status == Challenge::Status::kPending) {
      respond(url, *challenge);
    }
    return served;
  }

  // In a resumed order the CA may finish validating between our look at the
  // authorization and our response, which it then refuses.
  void respond(const std::string& url, const Challenge& challenge) {
    try {
      context_.client.respond(challenge, stop_);
    } catch (const Error& refusal) {
      if (refusal.problem_type().empty()) {
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

  void wait_for_authorization(const std::string& url) {
    PollPace pace(context_.clock, "an authorization");
    std::optional<TimePoint> retry_at;
    for (;;) {
      pace.pause(retry_at, stop_);
      const Answer<Authorization> current =
          context_.client.fetch_authorization(url, stop_);
      if (current.resource.status == Authorization::Status::kValid) {
        return;
      }
      require_pending(current.resource);
      retry_at = current.retry_at;
    }
  }

  // Throws unless the authorization can still become valid.
  void require_pending(const Authorization& authorization) {
    if (authorization.status == Authorization::Status::kPending) {
      return;
    }
    forget_order();
    const std::string what = "the CA could not verify \"" +
                             printable(authorization.identifier.value) + "\"";
    if (const Problem* problem = authorization.failure()) {
      throw problem->to_error(what, std::nullopt);
    }
    throw Error(ErrorKind::kTransient, what + " and gave no reason");
  }

  Order wait_while(Order order, Order::Status status) {
    PollPace pace(context_.clock, "the order");
    while (order.status == status) {
      pace.pause(last_retry_at_, stop_);
      order = read(order.url);
    }
    if (order.status == Order::Status::kInvalid) {
      forget_order();
      if (order.error) {
        throw order.error->to_error("the CA gave up the order", std::nullopt);
      }
      throw Error(ErrorKind::kTransient,
                  "the CA gave up the order and gave no reason");
    }
    return order;
  }

  StoredCertificate download(const Order& order, PrivateKey key) {
    if (order.status != Order::Status::kValid || order.certificate.empty()) {
      forget_order();
      throw Error(ErrorKind::kTransient,
                  "the CA finished the order without a certificate");
    }
    auto chain = CertificateChain::from_pem(
        context_.client.download_certificate(order.certificate, stop_));
    if (!chain) {
      forget_order();
      throw Error(ErrorKind::kTransient,
                  "the CA sent something that is not a certificate chain");
    }
    StoredCertificate certificate{std::move(*chain), std::move(key)};
    const std::string unfit =
        why_unfit(certificate, context_.spec, context_.clock.now());
    if (!unfit.empty()) {
      forget_order();
      throw Error(ErrorKind::kPermanent, "the CA sent a certificate that " +
                                             unfit + "; it is not used");
    }
    return certificate;
  }

  Order read(const std::string& url) {
    return accepted(context_.client.fetch_order(url, stop_));
  }

  Order accepted(Answer<Order> answer) {
    last_retry_at_ = answer.retry_at;
    return std::move(answer.resource);
  }

  void forget_order() {
    forgotten_ = true;
    context_.store.remove_order(context_.spec.storage_name());
  }

  const OrderFlowContext& context_;
  std::stop_token stop_;
  std::optional<TimePoint> last_retry_at_;
  bool forgotten_ = false;
};

}  // namespace

StoredCertificate obtain_certificate(const OrderFlowContext& context,
                                     std::stop_token stop) {
  return OrderFlow(context, std::move(stop)).run();
}

std::string why_unfit(const StoredCertificate& certificate,
                      const CertificateSpec& spec, TimePoint now) {
  if (!certificate.chain.matches(certificate.key)) {
    return "does not match its private key";
  }
  if (certificate.key.type() != spec.key_type) {
    return "has a key of another type";
  }
  if (!certificate.chain.covers(spec.identifiers)) {
    return "does not cover every name";
  }
  if (!certificate.chain.is_linked()) {
    return "is not signed by the next one of its chain";
  }
  if (certificate.chain.not_after() <= now) {
    return "has expired by this machine's clock (check the clock if the "
           "certificate is new)";
  }
  return {};
}

}  // namespace acme
