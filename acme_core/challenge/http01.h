// SPDX-License-Identifier: BSD-2-Clause
// HTTP-01: the CA fetches a token over plain HTTP (RFC 8555 section 8.3).
#pragma once

#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "acme_core/challenge/solver.h"

namespace acme {

inline constexpr std::string_view kHttp01 = to_string(ChallengeType::kHttp01);

/// Puts a token's answer in front of the CA, when it asks the identifier's
/// host, and takes it away again. A token is answered until it has been removed
/// as often as it was put: two orders may share an authorization, and so its
/// token. Thread-safe.
class Http01Responder {
 public:
  virtual ~Http01Responder() = default;
  virtual void put_challenge(const Identifier& identifier,
                             std::string_view token,
                             std::string_view key_authorization) = 0;
  virtual void remove_challenge(const Identifier& identifier,
                                std::string_view token) noexcept = 0;

  /// Answers every well-formed HTTP-01 token that is not live with the token,
  /// a dot and `thumbprint` from now on; "" ends that. Throws as
  /// put_challenge() does. Nothing where no issuer is stateless.
  virtual void put_thumbprint(std::string_view /*thumbprint*/) {}
};

/// One answer, served as long as this object lives.
class Http01Answer {
 public:
  Http01Answer(Http01Responder& responder, Identifier identifier,
               std::string token, std::string_view key_authorization);
  ~Http01Answer();
  Http01Answer(Http01Answer&& other) noexcept;
  Http01Answer(const Http01Answer&) = delete;
  Http01Answer& operator=(const Http01Answer&) = delete;
  Http01Answer& operator=(Http01Answer&&) = delete;

 private:
  Http01Responder* responder_;
  Identifier identifier_;
  std::string token_;
};

class Http01Solver final : public ChallengeSolver {
 public:
  /// `responder` outlives the solver and what it presents. `stateless`: it
  /// answers without being told the tokens.
  Http01Solver(Http01Responder& responder, bool stateless)
      : responder_(responder), stateless_(stateless) {}

  [[nodiscard]] ChallengeType type() const noexcept override {
    return ChallengeType::kHttp01;
  }
  [[nodiscard]] bool proves_wildcards() const noexcept override {
    return false;
  }
  [[nodiscard]] std::unique_ptr<PresentedAnswers> present(
      std::span<const ChallengeTask> tasks, std::stop_token stop) override;

 private:
  Http01Responder& responder_;
  bool stateless_;
};

}  // namespace acme
