// SPDX-License-Identifier: BSD-2-Clause
// The order flow.
#include "acme_core/engine/order_flow.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "acme_core/crypto/csr.h"
#include "acme_core/crypto/subject_names.h"
#include "acme_core/engine/chain_download.h"
#include "acme_core/engine/listener_check.h"
#include "acme_core/engine/order_authorization.h"
#include "acme_core/engine/order_client.h"
#include "acme_core/engine/order_memory.h"
#include "acme_core/engine/poll_pace.h"

namespace acme {
namespace {

std::vector<Identifier> sorted(std::vector<Identifier> identifiers) {
  std::sort(identifiers.begin(), identifiers.end());
  return identifiers;
}

// Problems by which CAs refuse an order because of the certificate it names as
// replaced (RFC 9773 section 5 has the first). It is ordered all the same: a
// certificate that expires for want of this courtesy helps nobody.
bool may_be_about_replaces(const Error& error) {
  // Pebble answers HTTP 500 when it does not know the certificate.
  static constexpr std::array<std::string_view, 5> kTypes{
      "alreadyReplaced", "conflict", "malformed", "serverInternal",
      "unauthorized"};
  return std::find(kTypes.begin(), kTypes.end(), error.problem_type()) !=
             kTypes.end() ||
         (error.problem_type().empty() &&
          error.kind() == ErrorKind::kPermanent);
}

// The CA said no to this order, and would say so again.
bool is_refusal(const Error& error) {
  return error.kind() == ErrorKind::kPermanent ||
         (!error.problem_type().empty() &&
          error.kind() != ErrorKind::kRateLimited &&
          error.kind() != ErrorKind::kUnavailable);
}

class OrderFlow {
 public:
  OrderFlow(const OrderFlowContext& context, std::stop_token stop)
      : context_(context),
        memory_(context),
        client_(context.client, context.clock, context.log),
        stop_(std::move(stop)) {}

  // As many orders as there are types of challenges, at most.
  StoredCertificate run() {
    for (;;) {
      try {
        return obtain();
      } catch (const Error& error) {
        context_.proofs.verdicts.read(error);
        const auto next = error.kind() == ErrorKind::kStopped
                              ? std::nullopt
                              : context_.proofs.choice.go_on();
        if (!next || (!memory_.has_order() &&
                      !context_.permit.open_another(next->names))) {
          throw context_.proofs.choice.with_all_failures(error);
        }
        context_.log.notice(std::string(error.what()) + "; " + next->text);
      }
    }
  }

 private:
  struct OpenOrder {
    Order order;
    PrivateKey key;
  };

  StoredCertificate obtain() {
    if (std::optional<OpenOrder> resumed = resume_order()) {
      try {
        return complete(std::move(*resumed));
      } catch (const Error& error) {
        // While nobody answered its challenges, the CA may have given it up.
        // That says nothing about a new order.
        if (context_.proofs.choice.has_failed()) {
          throw;
        }
        if (memory_.has_order()) {
          if (is_refusal(error)) {
            memory_.forget();
          }
          throw;
        }
        context_.log.info(std::string("the resumed order failed: ") +
                          error.what());
      }
    }
    return complete(open_order());
  }

  StoredCertificate complete(OpenOrder open) {
    Order order = std::move(open.order);
    context_.progress.is_at("authorizing", order.url);
    if (order.status == Order::Status::kPending &&
        !order.authorizations.empty()) {
      order = authorize_order(context_, memory_, order, stop_);
    }
    context_.progress.is_at("finalizing", order.url);
    // A CA that has authorized the account beforehand has nothing to ask.
    if (order.status == Order::Status::kPending) {
      order = finalize_unasked(std::move(order), open.key);
    }
    if (order.status == Order::Status::kReady) {
      order = finalize(order, open.key);
    }
    order = wait_while(std::move(order), Order::Status::kProcessing);
    context_.progress.is_at("downloading", order.url);
    return download_chain(context_, memory_, order, std::move(open.key), stop_);
  }

  // An order that a crash, a reload or an outage interrupted.
  std::optional<OpenOrder> resume_order() {
    Loaded<StoredOrder> stored = memory_.load();
    if (!stored.problem.empty()) {
      context_.log.warn(stored.problem);
    }
    if (!stored.value) {
      return std::nullopt;
    }
    StoredOrder& known = *stored.value;
    if (known.key.type() == context_.wish.spec.key_type &&
        sorted(known.identifiers) == sorted(context_.wish.spec.identifiers)) {
      auto order = known.order_url.empty() ? find_lost_order()
                                           : find_order(known.order_url);
      if (order) {
        if (known.order_url.empty()) {
          known.order_url = order->url;
          memory_.remember(known);
        }
        context_.log.info("resuming order " + order->url);
        return OpenOrder{std::move(*order), std::move(known.key)};
      }
    }
    memory_.forget();
    return std::nullopt;
  }

  // nullopt when the CA has given the order up, does not know it, shows it in a
  // way nobody can read, or keeps it from us because it was another account's.
  std::optional<Order> find_order(const std::string& url) {
    try {
      // One that the CA no longer has is not waited for.
      Order order = accepted(client_.fetch_order(url, stop_, false));
      if (order.status == Order::Status::kInvalid) {
        return std::nullopt;
      }
      return order;
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::kUnavailable ||
          error.kind() == ErrorKind::kRateLimited ||
          error.kind() == ErrorKind::kStopped) {
        throw;
      }
      return std::nullopt;
    }
  }

  // We were about to open an order and do not know whether the CA heard of it.
  // CAs that list an account's orders (section 7.1.2.1) can tell.
  std::optional<Order> find_lost_order() {
    constexpr std::size_t kMostOrders = 20;
    try {
      const Account account = context_.client.fetch_account(stop_);
      std::vector<std::string> urls =
          account.orders.empty() ? std::vector<std::string>()
                                 : context_.client.list_orders(account, stop_);
      if (urls.size() > kMostOrders) {
        urls.erase(urls.begin(), urls.end() - kMostOrders);
      }
      const std::set<std::string> taken = orders_for_the_same_names();
      for (const std::string& url : urls) {
        auto order = taken.contains(url) ? std::nullopt : find_order(url);
        if (order &&
            sorted(order->identifiers) ==
                sorted(context_.wish.spec.identifiers) &&
            (order->status == Order::Status::kPending ||
             order->status == Order::Status::kReady)) {
          return order;
        }
      }
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::kStopped ||
          error.kind() == ErrorKind::kUnavailable) {
        throw;
      }
      context_.log.debug(std::string("the CA does not list our orders: ") +
                         error.what());
    }
    return std::nullopt;
  }

  // Those of other certificates, which look like ours.
  std::set<std::string> orders_for_the_same_names() {
    std::set<std::string> urls;
    for (const std::string& other :
         context_.wish.plan.same_names(context_.wish.certificate)) {
      if (const auto order = context_.store.load_order(other); order.value) {
        urls.insert(order.value->order_url);
      }
    }
    return urls;
  }

  OpenOrder open_order() {
    OrderRequest request{.identifiers = context_.wish.spec.identifiers,
                         .profile = profile(),
                         .replaces = context_.wish.replaces};
    StoredOrder stored{
        "", context_.wish.spec.identifiers,
        context_.issuer.reuse_key && context_.wish.current != nullptr
            ? context_.wish.current->key.copy()
            : PrivateKey::generate(context_.wish.spec.key_type)};
    context_.progress.is_at("opening", {});
    check_listeners(context_, stored.key.thumbprint(), stop_);
    memory_.remember(stored);
    Order order = ask_for_order(std::move(request));
    if (sorted(order.identifiers) != sorted(context_.wish.spec.identifiers)) {
      memory_.forget();
      throw Error(ErrorKind::kPermanent,
                  "the CA opened an order for other names than those asked");
    }
    stored.order_url = order.url;
    memory_.remember(stored);
    context_.log.info("opened order " + order.url);
    return {std::move(order), std::move(stored.key)};
  }

  // Each courtesy that the CA may refuse is left out once.
  Order ask_for_order(OrderRequest request) {
    for (;;) {
      try {
        context_.permit.open(!request.replaces.empty());
      } catch (const Error&) {
        memory_.forget();  // the CA never heard of it
        throw;
      }
      try {
        return accepted(client_.new_order(request, stop_));
      } catch (const Error& error) {
        if (error.problem_type() == "invalidProfile" &&
            !request.profile.empty() && !context_.issuer.profile_required) {
          context_.log.warn(std::string(error.what()) +
                            "; ordering without a profile");
          request.profile.clear();
        } else if (!request.replaces.empty() && may_be_about_replaces(error)) {
          context_.log.info(std::string(error.what()) +
                            "; ordering without naming the certificate that "
                            "is replaced");
          request.replaces.clear();
        } else {
          if (is_refusal(error)) {
            memory_.forget();
          }
          throw;
        }
      }
    }
  }

  // The configured profile when the CA has it (draft-ietf-acme-profiles).
  std::string profile() {
    const std::string& wanted = context_.issuer.profile;
    if (wanted.empty()) {
      return {};
    }
    std::string offered;
    for (const auto& [name, description] :
         context_.client.directory(stop_).profiles) {
      if (name == wanted) {
        return wanted;
      }
      offered.append(offered.empty() ? "" : ", ").append(name);
    }
    const std::string what =
        "the CA has no profile \"" + wanted +
        "\" (it has: " + (offered.empty() ? "none" : offered) + ")";
    if (context_.issuer.profile_required) {
      throw Error(ErrorKind::kConfiguration,
                  what + "; change \"profile\", or leave out \"require\"");
    }
    context_.log.warn(what + "; ordering without a profile");
    return {};
  }

  // A CSR that the CA refuses will not become better.
  Order finalize(const Order& order, const PrivateKey& key) {
    try {
      return accepted(client_.finalize(
          order,
          make_csr(key, context_.wish.spec.identifiers,
                   context_.issuer.common_name_in_csr
                       ? common_name_for(context_.wish.spec.identifiers)
                       : std::string(),
                   context_.issuer.must_staple, context_.issuer.csr_subject),
          stop_));
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::kPermanent) {
        memory_.forget();
      }
      throw;
    }
  }

  // It may be a moment before such a CA is ready.
  Order finalize_unasked(Order order, const PrivateKey& key) {
    try {
      return finalize(order, key);
    } catch (const Error& error) {
      if (error.problem_type() != "orderNotReady") {
        throw;
      }
      return wait_while(std::move(order), Order::Status::kPending);
    }
  }

  Order wait_while(Order order, Order::Status status) {
    PollPace pace(context_.clock, "the order");
    while (order.status == status) {
      pace.pause(last_retry_at_, stop_);
      order = read(order.url);
    }
    if (order.status == Order::Status::kInvalid) {
      memory_.forget();
      if (order.error) {
        throw order.error->to_error("the CA gave up the order", std::nullopt);
      }
      throw Error(ErrorKind::kTransient,
                  "the CA gave up the order and gave no reason");
    }
    return order;
  }

  Order read(const std::string& url) {
    return accepted(client_.fetch_order(url, stop_));
  }

  Order accepted(Answer<Order> answer) {
    last_retry_at_ = answer.retry_at;
    return std::move(answer.resource);
  }

  const OrderFlowContext& context_;
  OrderMemory memory_;
  OrderClient client_;
  std::stop_token stop_;
  std::optional<TimePoint> last_retry_at_;
};

}  // namespace

StoredCertificate obtain_certificate(const OrderFlowContext& context,
                                     std::stop_token stop) {
  return OrderFlow(context, std::move(stop)).run();
}

}  // namespace acme
