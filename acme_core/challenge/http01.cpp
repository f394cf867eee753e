// SPDX-License-Identifier: BSD-2-Clause
// HTTP-01 answers that end with their scope.
#include "acme_core/challenge/http01.h"

#include <utility>

namespace acme {

Http01Answer::Http01Answer(Http01Responder& responder, std::string token,
                           std::string_view key_authorization)
    : responder_(&responder), token_(std::move(token)) {
  responder_->put_challenge(token_, key_authorization);
}

Http01Answer::~Http01Answer() {
  if (responder_ != nullptr) {
    responder_->remove_challenge(token_);
  }
}

Http01Answer::Http01Answer(Http01Answer&& other) noexcept
    : responder_(std::exchange(other.responder_, nullptr)),
      token_(std::move(other.token_)) {}

}  // namespace acme
