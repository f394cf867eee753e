// SPDX-License-Identifier: BSD-2-Clause
// HTTP-01 answers that end with their scope.
#include "acme_core/challenge/http01.h"

#include <utility>
#include <vector>

namespace acme {
namespace {

struct Http01Answers final : PresentedAnswers {
  std::vector<Http01Answer> answers;
};

}  // namespace

Http01Answer::Http01Answer(Http01Responder& responder, Identifier identifier,
                           std::string token,
                           std::string_view key_authorization)
    : responder_(&responder),
      identifier_(std::move(identifier)),
      token_(std::move(token)) {
  responder_->put_challenge(identifier_, token_, key_authorization);
}

Http01Answer::~Http01Answer() {
  if (responder_ != nullptr) {
    responder_->remove_challenge(identifier_, token_);
  }
}

Http01Answer::Http01Answer(Http01Answer&& other) noexcept
    : responder_(std::exchange(other.responder_, nullptr)),
      identifier_(std::move(other.identifier_)),
      token_(std::move(other.token_)) {}

std::unique_ptr<PresentedAnswers> Http01Solver::present(
    std::span<const ChallengeTask> tasks, std::stop_token /*stop*/) {
  auto presented = std::make_unique<Http01Answers>();
  if (!stateless_) {
    for (const ChallengeTask& task : tasks) {
      presented->answers.emplace_back(responder_, task.identifier, task.token,
                                      task.key_authorization);
    }
  }
  return presented;
}

}  // namespace acme
