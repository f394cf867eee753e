// SPDX-License-Identifier: BSD-2-Clause
// A look at our own listeners.
#include "acme_core/engine/listener_check.h"

#include <algorithm>
#include <chrono>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace acme {
namespace {

using std::chrono::milliseconds;

// Workers that have just been started may not be there at the first.
constexpr int kTries = 6;

// Why none of our own listeners gives the answer, or "".
std::string listener_fault(const OrderFlowContext& context,
                           const Identifier& name, const std::string& token,
                           const std::stop_token& stop, int tries) {
  const std::string expected =
      key_authorization(token, *context.client.account_key());
  const ChallengeTask task{name, token, expected};
  const auto presented = context.proofs.solvers.find(ChallengeType::kHttp01)
                             ->present(std::span(&task, 1), stop);
  // Workers that have just been started may not be there yet.
  milliseconds pause{50};
  for (int i = 1;; ++i, pause *= 2) {
    std::string fault =
        context.proofs.self_check->fault(name, token, expected, stop);
    if (fault.empty() || i >= tries) {
      return fault;
    }
    if (!context.clock.sleep_for(pause, stop)) {
      throw Error(ErrorKind::kStopped, "stopping");
    }
  }
}

}  // namespace

void check_listeners(const OrderFlowContext& context, const std::string& token,
                     std::stop_token stop) {
  if (context.proofs.self_check == nullptr) {
    return;
  }
  std::vector<const Identifier*> concerned;
  for (const Identifier& name : context.wish.spec.identifiers) {
    const std::vector<ChallengeType>& left = context.proofs.choice.left(name);
    if (!left.empty() && left.front() == ChallengeType::kHttp01) {
      concerned.push_back(&name);
    }
  }
  if (concerned.empty()) {
    return;
  }
  const Identifier& name = *concerned.front();
  const std::string fault = listener_fault(context, name, token, stop, kTries);
  if (fault.empty()) {
    return;
  }
  std::vector<std::string> at_fault;
  for (const Identifier* other : concerned) {
    if (other == &name ||
        !listener_fault(context, *other, token, stop, 1).empty()) {
      at_fault.push_back(other->value);
    }
  }
  if (at_fault.size() == concerned.size()) {
    at_fault.clear();  // it is about none of them
  }
  if (std::any_of(concerned.begin(), concerned.end(),
                  [&](const Identifier* other) {
                    return context.proofs.choice.left(*other).size() == 1;
                  })) {
    throw Error(ErrorKind::kOurs,
                "our own server does not answer an http-01 challenge for "
                "\"" +
                    name.value + "\" (" + fault +
                    "); the CA was not asked (\"challenge_self_check "
                    "off\" has it asked all the same)")
        .with_names(std::move(at_fault));
  }
  context.log.info("our own server does not answer an http-01 challenge (" +
                   fault + "); trying another one");
  for (const Identifier* other : concerned) {
    context.proofs.choice.rule_out(*other, ChallengeType::kHttp01,
                                   "our own server does not answer it");
  }
}

}  // namespace acme
