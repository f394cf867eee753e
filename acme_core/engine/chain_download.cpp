// SPDX-License-Identifier: BSD-2-Clause
// The end of an order.
#include "acme_core/engine/chain_download.h"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "acme_core/engine/order_client.h"
#include "acme_core/storage/fitness.h"

namespace acme {
namespace {

using std::chrono::milliseconds;

std::string hours_of(milliseconds duration) {
  return std::to_string(
      std::chrono::round<std::chrono::hours>(std::chrono::abs(duration))
          .count());
}

class ChainDownload {
 public:
  ChainDownload(const OrderFlowContext& context, OrderMemory& memory,
                std::stop_token stop)
      : context_(context),
        memory_(memory),
        client_(context.client, context.clock, context.log),
        stop_(std::move(stop)) {}

  StoredCertificate run(const Order& order, PrivateKey key) {
    if (order.status != Order::Status::kValid || order.certificate.empty()) {
      memory_.forget();
      throw Error(ErrorKind::kTransient,
                  "the CA finished the order without a certificate");
    }
    const Download download =
        client_.download_certificate(order.certificate, stop_);
    auto chain = read(download.pem);
    if (!chain) {
      memory_.forget();
      throw Error(ErrorKind::kTransient,
                  "the CA sent something that is not a certificate chain");
    }
    // A CA may answer newOrder with an order that was finished before.
    if (!chain->matches(key) && context_.wish.current != nullptr &&
        chain->matches(context_.wish.current->key)) {
      key = context_.wish.current->key.copy();
    }
    StoredCertificate certificate{preferred(std::move(*chain), download),
                                  std::move(key)};
    const std::string skew = clock_fault(download.ca_time);
    const std::string unfit =
        certificate.chain.not_after() <= context_.clock.now()
            ? "has expired by this machine's clock (check the clock if the "
              "certificate is new)"
            : why_unfit(certificate, context_.wish.spec.identifiers,
                        context_.wish.spec.key_type);
    if (!unfit.empty()) {
      memory_.forget();
      throw Error(ErrorKind::kPermanent, "the CA sent a certificate that " +
                                             unfit + "; it is not used" +
                                             (skew.empty() ? "" : "; " + skew));
    }
    if (!skew.empty()) {
      context_.log.warn(skew);
    }
    if (had_strays_) {
      context_.log.warn(
          "the CA's chain has certificates twice or that signed none of the "
          "others; it is served without them, no order is needed");
    }
    return certificate;
  }

 private:
  // What does not belong to the chain is no reason to go without: another order
  // would bring it again.
  std::optional<CertificateChain> read(const std::string& pem) {
    auto chain = CertificateChain::from_pem(pem);
    if (chain && !chain->is_linked()) {
      if (auto better = chain->without_strays()) {
        had_strays_ = true;
        return better;
      }
    }
    return chain;
  }

  // Section 7.4.2: the same certificate by another way to a root.
  CertificateChain preferred(CertificateChain offered,
                             const Download& download) {
    const std::string& wanted = context_.issuer.preferred_chain;
    if (wanted.empty() || offered.top_issuer_name() == wanted) {
      return offered;
    }
    std::string others = "\"" + offered.top_issuer_name() + "\"";
    for (const std::string& url : download.alternates) {
      try {
        auto other = read(client_.download_certificate(url, stop_).pem);
        if (other && other->der().front() == offered.der().front()) {
          if (other->top_issuer_name() == wanted) {
            return std::move(*other);
          }
          others += ", \"" + other->top_issuer_name() + "\"";
        }
      } catch (const Error& error) {
        if (error.kind() == ErrorKind::kStopped) {
          throw;
        }
        context_.log.info(std::string("cannot download another chain: ") +
                          error.what());
      }
    }
    context_.log.warn("the CA offers no chain up to \"" + wanted +
                      "\" but to " + others + "; using the first");
    return offered;
  }

  // What is wrong with this machine's clock, by the CA's, or "".
  [[nodiscard]] std::string clock_fault(std::optional<TimePoint> ca_time) {
    const milliseconds ahead =
        ca_time ? context_.clock.now() - *ca_time : milliseconds::zero();
    if (std::chrono::abs(ahead) < std::chrono::hours(1)) {
      return {};
    }
    return "this machine's clock is " + hours_of(ahead) + " hours " +
           (ahead.count() > 0 ? "ahead of" : "behind") +
           " the CA's; set the clock";
  }

  const OrderFlowContext& context_;
  OrderMemory& memory_;
  OrderClient client_;
  std::stop_token stop_;
  bool had_strays_ = false;
};

}  // namespace

StoredCertificate download_chain(const OrderFlowContext& context,
                                 OrderMemory& memory, const Order& order,
                                 PrivateKey key, std::stop_token stop) {
  return ChainDownload(context, memory, std::move(stop))
      .run(order, std::move(key));
}

}  // namespace acme
