// SPDX-License-Identifier: BSD-2-Clause
// The one exception of the issuing path.
//
// Expected outcomes (not found, malformed foreign bytes) are return values;
// Error is thrown where issuing a certificate cannot go on. Callers switch on
// the kind, never on a type. It is caught in three places only: the engine's
// task runner, a program's main(), and the guard around nginx's callbacks.
#pragma once

#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "acme_core/time_point.h"

namespace acme {

enum class ErrorKind {
  kOurs,           ///< this machine's: disk, memory, listeners, DNS provider
  kLater,          ///< nothing is wrong: the CA has not finished yet
  kTransient,      ///< the CA's or a validation's, and may pass by itself
  kUnavailable,    ///< the CA gives no answer: network, TLS, 5xx
  kRateLimited,    ///< the CA asks to wait; retry_at() says until when if known
  kPermanent,      ///< the CA refused; the same request will be refused again
  kConfiguration,  ///< an operator has to change something
  kStopped,        ///< the engine is stopping; nothing went wrong
};

/// What a problem of the CA is about.
enum class ErrorSubject {
  kUnknown,
  kRequest,     ///< it answers a request that the account signed
  kValidation,  ///< it says why the CA could not verify a name
};

class Error final : public std::exception {
 public:
  Error(ErrorKind kind, std::string message)
      : kind_(kind), message_(std::move(message)) {}

  [[nodiscard]] ErrorKind kind() const noexcept { return kind_; }

  /// What happened, to which name, and what to do about it.
  [[nodiscard]] const char* what() const noexcept override {
    return message_.c_str();
  }

  /// The ACME problem type without its URN prefix (RFC 8555 section 6.7), such
  /// as "rateLimited"; empty when the error did not come from the CA.
  [[nodiscard]] const std::string& problem_type() const noexcept {
    return problem_type_;
  }

  /// The earliest time the CA wants to be asked again (Retry-After).
  [[nodiscard]] std::optional<TimePoint> retry_at() const noexcept {
    return retry_at_;
  }

  /// The names the CA complains about, from the problem's subproblems (RFC 8555
  /// section 6.7.1), as it spells them; empty when it did not say.
  [[nodiscard]] const std::vector<std::string>& names() const noexcept {
    return names_;
  }

  /// Of the answer that is the error; 0: there was none.
  [[nodiscard]] int http_status() const noexcept { return http_status_; }

  [[nodiscard]] ErrorSubject subject() const noexcept { return subject_; }

  Error& with_problem_type(std::string type) {
    problem_type_ = std::move(type);
    return *this;
  }

  Error& with_retry_at(std::optional<TimePoint> time) noexcept {
    retry_at_ = time;
    return *this;
  }

  Error& with_http_status(int status) noexcept {
    http_status_ = status;
    return *this;
  }

  Error& with_subject(ErrorSubject subject) noexcept {
    subject_ = subject;
    return *this;
  }

  Error& with_names(std::vector<std::string> names) {
    names_ = std::move(names);
    return *this;
  }

  /// Puts what was being done in front of the message: "prefix: message".
  Error& with_context(const std::string& prefix) {
    message_ = prefix + ": " + message_;
    return *this;
  }

 private:
  ErrorKind kind_;
  std::string message_;
  std::string problem_type_;
  std::optional<TimePoint> retry_at_;
  std::vector<std::string> names_;
  int http_status_ = 0;
  ErrorSubject subject_ = ErrorSubject::kUnknown;
};

}  // namespace acme
